# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A host that runs a virtual machine stays until somebody says that the machine may move."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from cloud import HYPERVISORS, MONITORED, Cloud, machine
from leaving import NAME, flat, offboard, onboard, published, trust

RUNNING = ("3", "3")


@pytest.fixture
def guest(cloud: Cloud) -> Iterator[int]:
    """The id of a virtual machine on the one that leaves, which is onboarded again afterwards."""
    host = int(cloud.hosts()[NAME].findtext("ID", ""))
    number: int = cloud.call("one.vm.allocate", 'NAME="web" CPU="0.1" MEMORY="64"', True)
    cloud.call("one.vm.deploy", number, host, False, -1, "")
    yield number
    cloud.call("one.vm.action", "terminate-hard", number)
    onboard()


def place(cloud: Cloud, number: int) -> str:
    """The host that a machine runs on."""
    vm = ET.fromstring(cloud.call("one.vm.info", number, False))
    assert (vm.findtext("STATE"), vm.findtext("LCM_STATE")) == RUNNING
    return vm.findtext("HISTORY_RECORDS/HISTORY[last()]/HOSTNAME", "")


def test_a_host_leaves_when_its_machines_may_move(cloud: Cloud, guest: int) -> None:
    before = published(cloud), trust(machine(NAME))
    refused = offboard(cloud)
    assert refused.returncode != 0 and f"web ({guest})" in flat(refused), refused.stdout[-3000:]
    assert (published(cloud), trust(machine(NAME))) == before
    assert cloud.hosts()[NAME].findtext("STATE") == MONITORED, "a refusal does not take it out of service"
    assert place(cloud, guest) == NAME

    done = offboard(cloud, "-e", "offboard_flush=true")
    assert done.returncode == 0, done.stdout[-3000:]
    assert cloud.hosts().keys() == HYPERVISORS.keys()
    assert place(cloud, guest) in HYPERVISORS
    assert "kubenebula:" not in "".join(trust(machine(NAME)).values())
