# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A host that runs a virtual machine stays until somebody says that the machine may move."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from conftest import MONITORED, Cloud, machine
from test_offboard import flat, onboard_again, published, trust

RUNNING = ("3", "3")


@pytest.fixture
def guest(cloud: Cloud) -> Iterator[int]:
    """The id of a machine on lxc1, which is onboarded again afterwards."""
    host = int(cloud.hosts()["lxc1"].findtext("ID", ""))
    number: int = cloud.call("one.vm.allocate", 'NAME="web" CPU="0.1" MEMORY="64"', True)
    cloud.call("one.vm.deploy", number, host, False, -1, "")
    yield number
    cloud.call("one.vm.action", "terminate-hard", number)
    onboard_again(cloud, "lxc1")


def place(cloud: Cloud, number: int) -> str:
    """The host that a machine runs on."""
    vm = ET.fromstring(cloud.call("one.vm.info", number, False))
    assert (vm.findtext("STATE"), vm.findtext("LCM_STATE")) == RUNNING
    return vm.findtext("HISTORY_RECORDS/HISTORY[last()]/HOSTNAME", "")


def test_a_host_leaves_when_its_machines_may_move(cloud: Cloud, guest: int) -> None:
    before = published(cloud), trust(machine("lxc1"))
    refused = cloud.playbook("offboard", "--limit", "lxc1")
    assert refused.returncode != 0 and f"web ({guest})" in flat(refused), refused.stdout[-3000:]
    assert (published(cloud), trust(machine("lxc1"))) == before
    assert cloud.hosts()["lxc1"].findtext("STATE") == MONITORED, "a refusal does not take it out of service"
    assert place(cloud, guest) == "lxc1"

    done = cloud.playbook("offboard", "--limit", "lxc1", "-e", "offboard_flush=true")
    assert done.returncode == 0, done.stdout[-3000:]
    assert cloud.hosts().keys() == {"kvm1"}
    assert place(cloud, guest) == "kvm1"
    assert "kubenebula:" not in "".join(trust(machine("lxc1")).values())
