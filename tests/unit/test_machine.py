# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine the tests run on looks like to the module hypervisor_info."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.kubenebula.opennebula.plugins.module_utils import machine, reachable
from ansible_collections.kubenebula.opennebula.plugins.modules import hypervisor_info


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose scripts stand in for commands."""
    real = machine.run

    def run(command: list[str], user: str | None = None) -> tuple[int, str]:
        script = tmp_path / command[0]
        return real([str(script) if script.exists() else f"/nowhere/{command[0]}", *command[1:]], user)

    monkeypatch.setattr(machine, "run", run)
    return tmp_path


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_commands_tell_their_code_and_all_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.run(["sh", "-c", "echo out; echo err >&2; exit 3"]) == (3, "out\nerr")
    assert machine.run(["/nowhere/virsh"]) == (127, "/nowhere/virsh: command not found")
    monkeypatch.setattr(machine, "TIMEOUT", 0.2)
    assert machine.run(["sleep", "5"]) == (124, "sleep: no answer within 0.2 s")


def test_commands_run_with_the_rights_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def done(*_arguments: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
        given.update(options)
        return subprocess.CompletedProcess([], 0, b"")

    monkeypatch.setattr(machine.subprocess, "run", done)
    machine.run(["true"], "nobody")
    account = pwd.getpwnam("nobody")
    assert (given["user"], given["group"]) == (account.pw_uid, account.pw_gid)
    assert given["extra_groups"] == os.getgrouplist("nobody", account.pw_gid)
    assert given["env"]["HOME"] == account.pw_dir
    given.clear()
    machine.run(["true"])
    assert "user" not in given and "group" not in given


def test_packages_of_debian(commands: Path) -> None:
    command(
        commands,
        "dpkg-query",
        "echo 'opennebula-node-kvm installed 6.10.0.1-1'; echo 'opennebula-common config-files 6.8.2-1'; exit 1",
    )
    names = ["opennebula-node-kvm", "opennebula-common", "other"]
    assert machine.packages(names) == {"opennebula-node-kvm": "6.10.0.1-1", "opennebula-common": None, "other": None}


def test_packages_of_red_hat(commands: Path) -> None:
    command(
        commands, "rpm", "echo 'opennebula-node-kvm 6.10.0.1-1.el9'; echo 'package opennebula-common is not installed'"
    )
    assert machine.packages(["opennebula-node-kvm", "opennebula-common"]) == {
        "opennebula-node-kvm": "6.10.0.1-1.el9",
        "opennebula-common": None,
    }


def test_units_that_are_installed(commands: Path) -> None:
    command(
        commands,
        "systemctl",
        "printf 'Id=ssh.service\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n"
        "ConditionResult=yes\\n\\nId=other.service\\nLoadState=not-found\\nActiveState=inactive\\nUnitFileState=\\nConditionResult=no\\n'",
    )
    assert machine.units(["ssh.service", "other.service"]).keys() == {"ssh.service"}
    assert hypervisor_info.units(["other"])["other.service"]["ActiveState"] == "missing"


def test_mounts_that_are_missing(tmp_path: Path) -> None:
    fstab = tmp_path / "fstab"
    base = str(tmp_path / "datastores")
    fstab.write_text(
        f"# nas:/x {base} nfs defaults 0 0\n"
        "proc /proc proc defaults 0 0\n"
        f"nas:/one {base}/ nfs defaults 0 0\n"
        f"nas:/two {base}/100 nfs rw,noauto 0 0\n"
        f"nas:/three {base}-others nfs defaults 0 0\n"
        "broken\n"
    )
    assert machine.not_mounted(base, str(fstab)) == [base]
    assert machine.not_mounted("/proc", str(fstab)) == []
    assert machine.not_mounted(base, str(tmp_path / "none")) == []


def test_space_is_told_once_for_each_file_system(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (told,) = machine.space([str(tmp_path), str(tmp_path / "below"), str(tmp_path / "none")])
    assert told["path"] == str(tmp_path) and 0 <= told["free"] <= 100 and 0 <= told["free_inodes"] <= 100


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(401)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_service_that_refuses_answers(web: int, closed: int) -> None:
    assert reachable.http(f"http://127.0.0.1:{web}") == ""
    assert reachable.http(f"http://127.0.0.1:{closed}") == "Connection refused"
    assert reachable.http("onegate") != ""


def test_messages_arrive_by_tcp_and_udp(closed: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert reachable.tcp("127.0.0.1", listener.getsockname()[1], "hello tcp\n") == ""
        connection, _address = listener.accept()
        with connection:
            assert connection.recv(100) == b"hello tcp\n"
    assert reachable.tcp("127.0.0.1", closed) == "Connection refused"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        assert reachable.udp("127.0.0.1", receiver.getsockname()[1], "hello udp\n") == ""
        assert [receiver.recv(100) for _copy in range(reachable.COPIES)] == [b"hello udp\n"] * reachable.COPIES


def test_names_resolve_or_say_why_not() -> None:
    assert "127.0.0.1" in reachable.resolve("localhost")["addresses"]
    unknown = reachable.resolve("nowhere.invalid")
    assert unknown["addresses"] == [] and unknown["problem"]


def test_options_are_documented_as_they_are() -> None:
    documented = yaml.safe_load(hypervisor_info.DOCUMENTATION)["options"]
    assert documented.keys() == hypervisor_info.ARGUMENTS.keys()
    for name, spec in hypervisor_info.ARGUMENTS.items():
        assert {key: documented[name].get(key) for key in spec} == spec
