# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A machine that is switched off leaves as well, and is told when it is back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cloud import HYPERVISORS, Cloud, machine
from leaving import NAME, SSH, flat, names_in_pods, offboard, trust


@pytest.fixture
def away() -> str:
    return NAME


def test_a_dead_machine_leaves_too(cloud: Cloud, power_back: Callable[[], None]) -> None:
    done = offboard(cloud)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{NAME} is offboarded but does not answer" in flat(done)
    assert cloud.hosts().keys() == HYPERVISORS.keys() == names_in_pods(cloud)

    power_back()
    assert "kubenebula:" in trust(machine(NAME))[f"{SSH}/authorized_keys"]
    done = offboard(cloud, "-e", "offboard_remove_package=true")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "kubenebula:" not in trust(machine(NAME))[f"{SSH}/authorized_keys"]
    assert not machine(NAME).package("opennebula-node-lxc").is_installed
