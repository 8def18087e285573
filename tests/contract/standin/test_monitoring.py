# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A host is monitored only by a real log-in, a working probe, and messages of its own over UDP and TCP.

ssh and rsync are small scripts here that work on this machine; the lab's scenarios use the real ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from standin_cloud import RSYNC, SSH, Cloud

INIT, MONITORED, ERROR = "0", "2", "3"
Command = Callable[[str, str], Path]


@pytest.fixture
def logins(cloud: Cloud, command: Command) -> Iterator[Path]:
    """A started cloud whose hosts are this machine; gives the log of ssh's and rsync's runs."""
    log = cloud.home / "logins"
    log.touch()
    command("ssh", SSH.format(log=log))
    command("rsync", RSYNC.format(log=log))
    command("virsh", "echo 'Running hypervisor: QEMU 7.2.0'")
    cloud.start()
    yield log
    cloud.stop()
    # Hosts that are one machine replace each other's agents, and may lose sight of one.
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(cloud.home / "remote") in (process / "cmdline").read_text():
                os.kill(int(process.name), signal.SIGKILL)


def add(cloud: Cloud, name: str = "kvm1", driver: str = "kvm") -> int:
    answer = cloud.call("one.host.allocate", name, driver, driver, -1)
    assert answer[0] is True
    return int(answer[1])


def becomes(cloud: Cloud, oid: int, state: str) -> None:
    cloud.wait(lambda: cloud.host_state(oid) == state, f"state {state} of host {oid}")


def agent(cloud: Cloud) -> int:
    """The agent's process id; 0 while one is replaced by another."""
    pid_file = cloud.home / "remote" / ".agent.pid"
    return int((pid_file.exists() and pid_file.read_text()) or 0)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and b"monitord-client" in Path(f"/proc/{pid}/cmdline").read_bytes()


def sampled(cloud: Cloud, oid: int) -> int:
    text = cloud.call("one.host.info", oid)[1]
    return int(text.split("<TIMESTAMP>")[1].split("<")[0]) if "<TIMESTAMP>" in text else 0


def test_a_host_is_logged_in_probed_and_heard(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    text = cloud.call("one.host.info", oid)[1]
    assert "<HYPERVISOR><![CDATA[kvm]]>" in text
    assert "<TOTAL_MEM>0<" not in text
    assert alive(agent(cloud))
    assert "StrictHostKeyChecking" not in logins.read_text(), "that is for ssh's own configuration to say"
    assert (cloud.home / "remote" / "im" / "run_monitord_client").exists()


def test_a_login_brings_what_is_new_in_the_remotes(cloud: Cloud, logins: Path) -> None:
    becomes(cloud, add(cloud), MONITORED)
    (cloud.var / "remotes" / "hooks" / "new").write_text("new")
    becomes(cloud, add(cloud, "kvm1b"), MONITORED)
    assert (cloud.home / "remote" / "hooks" / "new").read_text() == "new"


@pytest.mark.parametrize(("driver", "tool"), [("kvm", "virsh"), ("lxc", "lxc-ls")])
def test_a_failing_probe_is_an_error_whose_cause_only_the_log_tells(
    cloud: Cloud, logins: Path, command: Command, driver: str, tool: str
) -> None:
    command(tool, "echo 'does not work here' >&2; exit 1")
    oid = add(cloud, driver=driver)
    becomes(cloud, oid, ERROR)
    assert f": Error monitoring Host kvm1 ({oid}): ]]></ERROR>" in cloud.call("one.host.info", oid)[1]
    assert "does not work here" in cloud.log("monitor.log")


def test_a_refused_login_is_tried_again(cloud: Cloud, logins: Path, command: Command) -> None:
    command("ssh", "echo Permission denied >&2; exit 255")
    oid = add(cloud)
    becomes(cloud, oid, ERROR)
    assert "Could not update remotes: Permission denied" in cloud.log("monitor.log")
    command("ssh", SSH.format(log=logins))
    becomes(cloud, oid, MONITORED)
    assert "<ERROR>" not in cloud.call("one.host.info", oid)[1]


def test_enabling_a_host_in_error_waits_for_its_turn(cloud: Cloud, logins: Path, command: Command) -> None:
    command("ssh", "exit 255")
    oid = add(cloud)
    becomes(cloud, oid, ERROR)
    cloud.call("one.host.status", oid, 0)
    assert cloud.host_state(oid) == INIT


def message(oid: int, agent: str) -> bytes:
    described = {"template": {"TOTALCPU": 100, "TOTALMEMORY": 1024}, "disks": {}, "sample": {}}
    return json.dumps({"id": oid, "agent": agent} | described).encode() + b"\n"


def datagram(cloud: Cloud, data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, ("127.0.0.1", cloud.monitor_port))


def stream(cloud: Cloud, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", cloud.monitor_port), timeout=5) as sender:
        sender.sendall(data)


def test_both_ways_must_work(cloud: Cloud, logins: Path) -> None:
    # An agent that keeps silent: the test speaks in its place.
    given = cloud.home / "settings"
    (cloud.var / "remotes" / "im" / "run_monitord_client").write_text(f"#!/bin/sh\ncat > {given}\n")
    oid = add(cloud)
    cloud.wait(lambda: "Start monitor success" in cloud.log("monitor.log"), "log-in")
    name = json.loads(given.read_text())["agent"]
    datagram(cloud, message(oid, name))
    datagram(cloud, message(99, name))
    datagram(cloud, b"nonsense by udp")
    cloud.wait(lambda: "[MDP][I]: Received UNDEFINED msg: nonsense by udp" in cloud.log("monitor.log"), "datagrams")
    assert cloud.host_state(oid) == INIT, "a datagram alone is not enough"
    assert "unknown host 99" in cloud.log("monitor.log")
    stream(cloud, message(oid, "somebody-else"))
    stream(cloud, b"nonsense by tcp\n")
    cloud.wait(lambda: "[MDP][I]: Received UNDEFINED msg: nonsense by tcp" in cloud.log("monitor.log"), "streams")
    assert cloud.host_state(oid) == INIT, "messages of another agent do not count"
    stream(cloud, message(oid, name))
    becomes(cloud, oid, MONITORED)


def restart_after_a_crash(cloud: Cloud) -> None:
    cloud.stop(signal.SIGKILL)
    (cloud.var / "lock" / ".lock").unlink()
    cloud.start()


def test_a_new_oned_deploys_anew_on_a_host_that_was_monitored(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    first, last, before = agent(cloud), sampled(cloud, oid), logins.read_text()
    restart_after_a_crash(cloud)
    cloud.wait(lambda: agent(cloud) not in (0, first), "another agent")
    assert not alive(first)
    cloud.wait(lambda: sampled(cloud, oid) > last, "new sample")
    assert cloud.host_state(oid) == MONITORED
    assert "run_monitord_client" in logins.read_text().removeprefix(before)


def test_agents_of_an_earlier_oned_do_not_count(cloud: Cloud, logins: Path, command: Command) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    first = agent(cloud)
    # Longer than the period of the samples, shorter than the interval after which silence is noticed.
    command("ssh", "sleep 1.5; exit 255")
    restart_after_a_crash(cloud)
    last = sampled(cloud, oid)
    assert cloud.host_state(oid) == MONITORED, "the database's word, until the log-in has failed"
    becomes(cloud, oid, ERROR)
    assert alive(first)
    assert sampled(cloud, oid) == last


def test_hosts_that_are_offline_stay_alone_when_oned_starts(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    first = agent(cloud)
    cloud.call("one.host.status", oid, 2)
    cloud.wait(lambda: not alive(first), "end of the agent")
    before = logins.read_text()
    cloud.stop()
    cloud.start()
    becomes(cloud, add(cloud, "next"), MONITORED)
    assert " kvm1 " not in logins.read_text().removeprefix(before)


@pytest.mark.parametrize("content", ["4194999", "1", "nonsense"])
def test_a_pid_file_of_before_a_reboot_names_nobody(cloud: Cloud, logins: Path, content: str) -> None:
    pid_file = cloud.home / "remote" / ".agent.pid"
    pid_file.parent.mkdir()
    pid_file.write_text(content)
    becomes(cloud, add(cloud), MONITORED)
    assert alive(agent(cloud))


def test_a_silent_host_gets_a_new_agent(cloud: Cloud, logins: Path) -> None:
    becomes(cloud, add(cloud), MONITORED)
    first = agent(cloud)
    subprocess.run([cloud.home / "remote" / "im" / "stop_monitord_client"], check=True)
    cloud.wait(lambda: agent(cloud) not in (0, first), "new agent")
    assert not alive(first)


def test_offline_stops_the_agent_and_enabling_starts_another(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    first = agent(cloud)
    cloud.call("one.host.status", oid, 2)
    cloud.wait(lambda: not alive(first), "end of the agent")
    assert cloud.host_state(oid) == "8"
    cloud.call("one.host.status", oid, 0)
    becomes(cloud, oid, MONITORED)
    assert alive(agent(cloud))


def test_an_unknown_driver_leaves_a_host_as_it_is(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud, driver="nosuch")
    cloud.wait(lambda: "Cannot find driver nosuch" in cloud.log("monitor.log"), "look for the driver")
    assert cloud.host_state(oid) == INIT
    assert logins.read_text() == ""


def test_a_dead_onemonitord_is_replaced(cloud: Cloud, logins: Path) -> None:
    oid = add(cloud)
    becomes(cloud, oid, MONITORED)
    first = cloud.monitord()
    os.kill(first, signal.SIGKILL)
    cloud.wait(lambda: cloud.monitord() not in (0, first), "another onemonitord")
    becomes(cloud, add(cloud, "next"), MONITORED)
