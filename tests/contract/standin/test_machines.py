# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual machines: the recorded calls about them, the scheduler, and hosts that are emptied and removed."""

from __future__ import annotations

import json
import signal
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.apply import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import HttpTransport
from standin_cloud import RSYNC, SESSION, SSH, Cloud

MACHINE = "NAME=web CPU=0.1 MEMORY=64"
RECORDING = Path(__file__).resolve().parents[1] / "transcripts/sqlite/07_vms_templates_images.jsonl"
# Those about machines without disks, up to a resumption, and how they end.
RECORDED = {24, 26, 27, 29, 30, 31, 34, 35, 37, *range(39, 48), 49, 52, 66, 106, 107, 114, 115, 117}
# There the first machine was 1 and the system datastore 104; here both are 0.
FIRST, DATASTORE = 1, 104


def summary(text: str) -> dict[str, Any]:
    """What of a machine is the same everywhere, with the two hosts that it was on before a resumption."""
    vm = ET.fromstring(text)
    found: dict[str, Any] = {tag: vm.findtext(tag) for tag in ("NAME", "UNAME", "STATE", "LCM_STATE", "RESCHED")}
    tags = ("SEQ", "HOSTNAME", "HID", "CID")
    history = [[record.findtext(tag) for tag in tags] for record in vm.iter("HISTORY")]
    return {**found, "HISTORY": history[:2], "ended": vm.findtext("ETIME") != "0"}


def told(answer: list[Any], first: int, datastore: int) -> list[Any]:
    """An answer as it would be if the first machine and the system datastore were 0."""
    success, value, code, *_more = answer
    if isinstance(value, int):
        return [success, value - first, code]
    value = value.replace(f"datastore [{datastore}]", "datastore [0]")
    return [success, summary(value) if value.startswith("<VM>") else value, code]


def test_machines_are_answered_as_recorded(cloud: Cloud) -> None:
    cloud.start()
    for name in ("dummy-0", "dummy-1"):
        cloud.call("one.host.allocate", name, "dummy", "dummy", -1)
    records = [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]
    for record in (record for record in records if record["seq"] in RECORDED):
        method, params = record["method"], [0 if value == DATASTORE else value for value in record["params"]]
        which = {"one.vm.action": 2, "one.vm.info": 1, "one.vm.deploy": 1, "one.vm.migrate": 1}.get(method)
        if which:
            params[which] -= FIRST
        answered = told(cloud.call(method, *params, session=""), 0, 0)
        first = FIRST if method.startswith("one.vm.") else 0
        assert answered == told(record["response"], first, DATASTORE), record


@pytest.fixture
def two_hosts(cloud: Cloud, command: Callable[[str, str], Path]) -> Iterator[Cloud]:
    """A cloud with two hosts that are monitored, and its scheduler."""
    agent = Path(__file__).with_name("dummy_agent.py")
    (cloud.var / "remotes/im/run_monitord_client").write_text(f'#!/bin/sh\nexec {sys.executable} {agent} "$1"\n')
    command("ssh", SSH.format(log="/dev/null"))
    command("rsync", RSYNC.format(log="/dev/null"))
    cloud.start()
    for oid, name in enumerate(("host-a", "host-b")):
        assert cloud.call("one.host.allocate", name, "dummy", "dummy", -1) == [True, oid, 0]
        cloud.wait(lambda oid=oid: cloud.host_state(oid) == "2", f"monitoring of {name}")
    scheduler = cloud.popen("mm_sched")
    yield cloud
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(5) == 0


def runs_on(cloud: Cloud, machine: int, name: str) -> bool:
    vm = ET.fromstring(cloud.call("one.vm.info", machine, False)[1])
    running = (vm.findtext("STATE"), vm.findtext("LCM_STATE"), vm.findtext("RESCHED")) == ("3", "3", "0")
    return running and vm.findtext("HISTORY_RECORDS/HISTORY[last()]/HOSTNAME") == name


def test_a_host_with_a_machine_is_removed_only_when_flushed(two_hosts: Cloud) -> None:
    cloud = two_hosts
    # in which host the scheduler puts it does not matter to anybody else
    machine = cloud.call("one.vm.allocate", MACHINE, True)[1]
    assert cloud.call("one.vm.deploy", machine, 0, False, -1, "")[0]
    assert "<RUNNING_VMS>1</RUNNING_VMS>" in cloud.call("one.host.info", 0)[1]
    client = Client(HttpTransport(cloud.url), *SESSION.split(":", 1))

    def remove(flush: bool) -> dict[str, Any]:
        wanted = DeclaredHosts([HostSpec("host-a")], state="absent", flush=flush, wait_timeout=20)
        (result,) = engine.ensure(client, wanted, check_mode=False)["results"]
        return dict(result)

    refused = remove(flush=False)
    assert refused["failed"] and f"web ({machine})" in refused["msg"]
    assert runs_on(cloud, machine, "host-a"), "a refusal moves nothing"
    assert not remove(flush=True)["failed"]
    assert runs_on(cloud, machine, "host-b")
    assert "host-a" not in cloud.call("one.hostpool.info")[1]


def test_a_machine_waits_until_a_host_is_there(two_hosts: Cloud) -> None:
    cloud = two_hosts
    for oid in (0, 1):
        cloud.call("one.host.status", oid, 1)
    machine = cloud.call("one.vm.allocate", MACHINE, False)[1]
    looked = cloud.log("sched.log").count("placed")
    cloud.wait(lambda: cloud.log("sched.log").count("placed") >= looked + 2, "another look of the scheduler")
    assert "<STATE>1</STATE>" in cloud.call("one.vm.info", machine, False)[1]
    cloud.call("one.host.status", 1, 0)
    cloud.wait(lambda: runs_on(cloud, machine, "host-b"), "machine on the host that is enabled")


def test_machines_may_have_the_same_name(cloud: Cloud) -> None:
    cloud.start()
    assert [cloud.call("one.vm.allocate", MACHINE, True) for _again in range(2)] == [[True, 0, 0], [True, 1, 0]]
