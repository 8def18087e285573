# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module hypervisor_info finds on the host on which the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import commands, observe, reachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.commands import Commands
from ansible_collections.kubenebula.opennebula.plugins.modules import hypervisor_info


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def run() -> Commands:
    """As a module has it."""
    with patch_module_args({}):
        return Commands(AnsibleModule({}).run_command)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose scripts stand in for the commands of the machine; of the others there are only these."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("env", "sh", "timeout", "printf"):
        (folder / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setattr(commands, "PATH", str(folder))
    return folder


def test_commands_tell_their_code_and_all_they_say(run: Commands) -> None:
    assert run(["sh", "-c", "echo error >&2; echo out; exit 3"]) == (3, "out\nerror")
    assert run(["sh", "-c", "printf '\\377 $HOME'"])[1] == "\ufffd $HOME"
    assert run(["/nowhere/virsh"]) == (127, "/nowhere/virsh: command not found")
    assert run(["true"], "nobody-knows") == (1, "there is no user nobody-knows")


def test_a_command_that_does_not_end_is_ended(run: Commands) -> None:
    run.timeout = 0.2
    before = time.monotonic()
    assert run(["sh", "-c", "trap '' TERM; sleep 30"]) == (124, "sh: no answer within 0.2 s")
    assert run(["sleep", "30"]) == (124, "sleep: no answer within 0.2 s")
    assert time.monotonic() - before < 10


def test_commands_run_with_the_rights_of_somebody_else(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/0")
    account = pwd.getpwnam("nobody")
    groups = " ".join(map(str, os.getgrouplist("nobody", account.pw_gid)))
    told = run(["sh", "-c", "id -u; id -g; id -G; echo $HOME $USER $LC_ALL $XDG_RUNTIME_DIR; pwd"], "nobody")
    assert told == (0, f"{account.pw_uid}\n{account.pw_gid}\n{groups}\n{account.pw_dir} nobody C\n/")
    assert run(["id", "-un"]) == (0, pwd.getpwuid(os.getuid()).pw_name)


def test_packages_of_debian(bin_folder: Path, run: Commands) -> None:
    command(
        bin_folder,
        "dpkg-query",
        "echo 'opennebula-node-kvm installed 6.10.0.1-1'; echo 'opennebula-common config-files 6.8.2-1'; exit 1",
    )
    names = ["opennebula-node-kvm", "opennebula-common", "other"]
    assert observe.packages(run, names) == {
        "opennebula-node-kvm": "6.10.0.1-1",
        "opennebula-common": None,
        "other": None,
    }


def test_packages_of_red_hat(bin_folder: Path, run: Commands) -> None:
    command(
        bin_folder,
        "rpm",
        "echo 'opennebula-node-kvm 6.10.0.1-1.el9'; echo 'package opennebula-common is not installed'",
    )
    assert observe.packages(run, ["opennebula-node-kvm", "opennebula-common"]) == {
        "opennebula-node-kvm": "6.10.0.1-1.el9",
        "opennebula-common": None,
    }


def test_units_that_are_installed(bin_folder: Path, run: Commands) -> None:
    command(
        bin_folder,
        "systemctl",
        "printf 'Id=ssh.service\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n"
        "ConditionResult=yes\\n\\nId=other.service\\nLoadState=not-found\\nActiveState=inactive\\nUnitFileState=\\nConditionResult=no\\n'",
    )
    assert observe.units(run, ["ssh.service", "other.service"]).keys() == {"ssh.service"}
    assert hypervisor_info.units(run, ["other"])["other.service"]["ActiveState"] == "missing"


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
    assert observe.not_mounted(base, str(fstab)) == [base]
    assert observe.not_mounted("/proc", str(fstab)) == []
    assert observe.not_mounted(base, str(tmp_path / "none")) == []


def test_space_is_reported_once_for_each_file_system(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (told,) = observe.space([str(tmp_path), str(tmp_path / "below"), str(tmp_path / "none")])
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
    assert reachable.http("onegate") == "onegate is no URL of HTTP"
    assert reachable.http("http://127.0.0.1:port/") != ""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=lambda: silent.accept()[0].sendall(b"+OK POP3 server\r\n"), daemon=True).start()
        assert "POP3" in reachable.http(f"http://127.0.0.1:{silent.getsockname()[1]}")


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
