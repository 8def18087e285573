# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the front-end sees of itself and of its hypervisors."""

from __future__ import annotations

import json
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PARTS = ("logs", "oned", "pod", "settings", "connections")
FOLDER = Path(__file__).parents[3] / "images/oned/libexec/observe"


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Return a function that imports a part of ``observe``."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield __import__
    for name in PARTS:
        sys.modules.pop(name, None)


def hosts(*entries: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "cluster": cluster, "state": state} for name, cluster, state in entries]


def test_each_hypervisor_tries_the_next_two_of_its_cluster_that_are_up(part: Callable[[str], ModuleType]) -> None:
    known = hosts(
        ("a", "x", 2), ("b", "x", 3), ("c", "x", 2), ("d", "x", 4), ("e", "y", 2), ("f", "x", 8), ("g", "x", 1)
    )
    names = ["a", "c", "g", "e", "b", "new"]
    assert part("connections").peers(known, names) == {
        "a": ["c", "d"],
        "c": ["d", "g"],
        "g": ["a", "c"],
        "e": [],
        "b": ["c", "d"],
        "new": [],
    }


@pytest.mark.parametrize(
    ("there", "least"), [(104.0, 2.0), (97.0, -2.0), (100.0, 0.0), (101.5, 0.0), (102.0, 0.0), (99.0, 0.0)]
)
def test_a_clock_differs_by_no_less_than_said(part: Callable[[str], ModuleType], there: float, least: float) -> None:
    assert part("connections").skew(there, 99.0, 102.0) == least


def test_a_log_in_tells_of_clock_agent_and_hops(
    part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An ssh that runs what it is given here, and refuses one of the targets."""
    connections = part("connections")
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/bash\n"
        "while [[ $1 == -o ]]; do shift 2; done\n"
        'if [[ $1 == refused ]]; then echo "refused: Permission denied (publickey)." >&2; exit 255; fi\n'
        'if [[ $1 == there ]]; then echo "a message of the day"; shift; SSH_AUTH_SOCK=/x exec "$@"; fi\n'
    )
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(connections, "SSH", [str(ssh), *connections.SSH[1:]])
    found = connections.log_in("there", ["fine", "refused"])
    assert abs(found["skew"]) < 0.5 and found["agent"] and found["code"] == 0
    assert found["hops"] == {
        "fine": {"code": 0, "said": ""},
        "refused": {"code": 255, "said": "refused: Permission denied (publickey)."},
    }
    found = connections.log_in("refused", ["fine"])
    assert (found["code"], found["skew"], found["hops"]) == (255, None, {})
    assert found["said"] == "refused: Permission denied (publickey)."


def test_a_log_in_that_hangs_is_ended(
    part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connections = part("connections")
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/bash\nexec sleep 30\n")
    ssh.chmod(0o755)
    monkeypatch.setattr(connections, "SSH", [str(ssh)])
    monkeypatch.setattr(connections, "TIMEOUT", 0.5)
    started = time.monotonic()
    found = connections.log_in("there", [])
    assert time.monotonic() - started < 5
    assert found["code"] != 0 and found["said"].endswith("no answer within 0.5 s")


def test_settings_are_those_oned_runs_with(
    part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = part("settings")
    monkeypatch.setattr(settings, "RUNNING", tmp_path)
    (tmp_path / "oned.conf").write_text(
        'HOSTNAME = "one"\nFEDERATION = [ ZONE_ID = "3" ]\nVNC_PORTS = [ START = 5910, RESERVED = "6800" ]\n'
        'ONEGATE_ENDPOINT = "http://192.0.2.10:5030"\n'
    )
    (tmp_path / "monitord.conf").write_text(
        'LOG = [ system = "FILE", debug_level = 1 ]\nNETWORK = [ MONITOR_ADDRESS = "192.0.2.10", PORT = "30412" ]\n'
    )
    assert settings.read() == {
        "hostname": "one",
        "zone": 3,
        "onegate": "http://192.0.2.10:5030",
        "datastores_path": "/var/lib/one/datastores",
        "console_start": 5910,
        "monitor_address": "192.0.2.10",
        "monitor_port": 30412,
        "sample_period": 120,
        "arrivals_logged": False,
    }


def test_behind_a_proxy_hypervisors_ask_its_far_end(
    part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = part("settings")
    monkeypatch.setattr(settings, "RUNNING", tmp_path)
    monkeypatch.setattr(settings, "PROXY", tmp_path / "tproxy.json")
    (tmp_path / "oned.conf").write_text('ONEGATE_ENDPOINT = "http://169.254.16.9:5030"\n')
    (tmp_path / "monitord.conf").touch()
    assert settings.read()["onegate"] == "http://169.254.16.9:5030"
    proxy = {"service_port": 5030, "remote_addr": "192.0.2.10", "remote_port": 30530}
    settings.PROXY.write_text(json.dumps(proxy))
    assert settings.read()["onegate"] == "http://192.0.2.10:30530"


def test_logs_tell_what_arrived_and_what_is_wrong(
    part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logs = part("logs")
    monkeypatch.setattr(logs, "FOLDER", tmp_path)
    assert logs.received("abc") is None and logs.signs() == []
    written = time.mktime((2026, 11, 2, 20, 47, 29, 0, 0, -1))
    (tmp_path / "monitor.log").write_text(
        "Mon Nov  2 20:47:28 2026 [Z0][MDP][I]: Received UNDEFINED msg: VERIFY abc kvm1 udp\n"
        "Mon Nov  2 20:47:28 2026 [Z0][MDP][I]: Received UNDEFINED msg: VERIFY old kvm2 udp\n"
    )
    (tmp_path / "oned.log").write_text(
        "Mon Nov  2 20:47:29 2026 [Z0][TM][I]: Command execution failed (exit code: 255): mv\n"
        "oneadmin@kvm1: Permission denied (publickey).\n"
    )
    assert logs.received("abc") == {"kvm1 udp"}
    (sign,) = logs.signs()
    assert (sign["sign"], sign["at"], sign["file"]) == ("Permission denied (publickey", written, "oned.log")


def test_reach_tells_the_systems_words(script: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]) -> None:
    reach = script("base/libexec/reach")
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as closed:
        there, gone = (f"127.0.0.1:{one.getsockname()[1]}" for one in (listener, closed))
        closed.close()
        sys_argv, sys.argv = sys.argv, ["reach", f"{there},{gone},nowhere.invalid:1,"]
        try:
            reach.main()
        finally:
            sys.argv = sys_argv
    told = json.loads(capsys.readouterr().out)
    assert told[there] == "" and told[gone] == "Connection refused" and len(told) == 3 and told["nowhere.invalid:1"]
