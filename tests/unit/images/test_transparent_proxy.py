# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The transparent proxy to OneGate stands in the network drivers' configuration, beside what the operator wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

OWN = "# mine, à moi\n:vlan_mtu: 9000\n:tproxy_debug_level: 3\n# :tproxy:\n"
PROXY: dict[str, Any] = {"service_port": 5030, "remote_addr": "192.0.2.10", "remote_port": 30530}


class Front:
    """What the script finds in the pod."""

    def __init__(self, script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = script
        self.given, self.driver = folder / "tproxy.json", folder / "tproxy"
        self.configuration = folder / "OpenNebulaNetwork.conf"
        for name in ("GIVEN", "DRIVER", "CONFIGURATION"):
            monkeypatch.setattr(script, name, getattr(self, name.lower()))
        self.driver.touch()
        self.configuration.write_text(OWN, encoding="latin-1")

    def start(self, proxy: dict[str, Any] | None = None) -> str:
        """Start the pod with this proxy; return the drivers' configuration."""
        self.given.unlink(missing_ok=True)
        if proxy:
            self.given.write_text(json.dumps(proxy))
        self.script.main()
        return self.configuration.read_text(encoding="latin-1")


@pytest.fixture
def front(script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    return Front(script("oned/libexec/transparent-proxy"), tmp_path, monkeypatch)


def test_the_drivers_read_the_proxy_and_the_operators_own_settings(front: Front) -> None:
    found = yaml.safe_load(front.start({**PROXY, "networks": ["a: b", 7]}))
    (proxy,) = found.pop(":tproxy")
    assert proxy == {
        ":service_port": 5030,
        ":remote_addr": "192.0.2.10",
        ":remote_port": 30530,
        ":networks": ["a: b", 7],
    }
    assert found == {":vlan_mtu": 9000, ":tproxy_debug_level": 3}


def test_a_second_start_changes_nothing(front: Front) -> None:
    front.configuration.chmod(0o640)
    first = front.start(PROXY)
    written = front.configuration.stat()
    assert front.start(PROXY) == first
    assert front.configuration.stat() == written and written.st_mode & 0o777 == 0o640


def test_another_proxy_takes_the_place_and_none_leaves_the_operators_lines(front: Front) -> None:
    front.start(PROXY)
    with front.configuration.open("a") as configuration:
        configuration.write(":validate_vlan_id: true")
    found = yaml.safe_load(front.start({**PROXY, "remote_addr": "192.0.2.20"}))
    assert [proxy[":remote_addr"] for proxy in found[":tproxy"]] == ["192.0.2.20"] and found[":validate_vlan_id"]
    assert front.start() == OWN + ":validate_vlan_id: true\n"


@pytest.mark.parametrize("own", [":tproxy: []\n", "  :tproxy :\n  - :service_port: 1\n"])
def test_a_list_of_the_operators_own_is_never_touched(front: Front, own: str) -> None:
    front.configuration.write_text(own)
    assert front.start() == own
    with pytest.raises(SystemExit, match=r"has a :tproxy: list of your own.*gate\.endpoint"):
        front.start(PROXY)
    assert front.configuration.read_text() == own


def test_packages_without_a_proxy_are_refused(front: Front) -> None:
    front.driver.unlink()
    with pytest.raises(SystemExit, match=r"needs OpenNebula 6\.10\.1 or newer"):
        front.start(PROXY)
    assert front.start() == OWN


def test_without_drivers_and_a_proxy_there_is_nothing_to_do(front: Front) -> None:
    front.configuration.unlink()
    front.script.main()
    assert not front.configuration.exists()
