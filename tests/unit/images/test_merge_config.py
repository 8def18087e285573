# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The values of the chart change packaged YAML and leave the rest of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

RUBY = ":host: 127.0.0.1\n:log:\n  :level: 2\n  :system: 'file'\n:restricted_attrs:\n  - A\n"


@pytest.fixture
def merged(
    script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    module = script("base/libexec/merge-config")
    for name in ("PACKAGED", "GIVEN", "WRITTEN"):
        monkeypatch.setattr(module, name, tmp_path / name.lower())

    def merge(packaged: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
        for path, text in packaged.items():
            (tmp_path / "packaged" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "packaged" / path).write_text(text)
        (tmp_path / "given").write_text(json.dumps(changes))
        module.main()
        module.main()
        written = tmp_path / "written"
        return {str(path.relative_to(written)): yaml.safe_load(path.read_text()) for path in written.rglob("*.*")}

    return merge


def test_keys_are_changed_one_by_one(merged: Callable[..., dict[str, Any]]) -> None:
    packaged = {"fireedge-server.conf": "port: 2616\napi_timeout: 120_000\nguacd: {host: localhost, port: 4822}\n"}
    changes = {"fireedge-server.conf": {"port": 2617, "guacd": {"host": "127.0.0.1"}, "new": [1]}}
    assert merged(packaged, changes)["fireedge-server.conf"] == {
        "port": 2617,
        "api_timeout": 120000,
        "guacd": {"host": "127.0.0.1", "port": 4822},
        "new": [1],
    }


def test_ruby_gets_its_colons(merged: Callable[..., dict[str, Any]]) -> None:
    changes = {
        "host": "0.0.0.0",
        ":log": {"level": 3},
        "permissions": {"vm": {"show": True}},
        "restricted_attrs": ["B"],
    }
    assert merged({"onegate-server.conf": RUBY}, {"onegate-server.conf": changes})["onegate-server.conf"] == {
        ":host": "0.0.0.0",
        ":log": {":level": 3, ":system": "file"},
        ":permissions": {":vm": {":show": True}},
        ":restricted_attrs": ["B"],
    }


def test_a_view_is_changed_and_another_added(merged: Callable[..., dict[str, Any]]) -> None:
    packaged = {"fireedge/sunstone/admin/vm-tab.yaml": "actions: {vnc: true, terminate: true}\n", "left.conf": "a: 1\n"}
    tab = {"actions": {"vnc": False}}
    changes = {f"fireedge/sunstone/{view}/vm-tab.yaml": tab for view in ("admin", "mine")}
    assert merged(packaged, changes) == {
        "fireedge/sunstone/admin/vm-tab.yaml": {"actions": {"vnc": False, "terminate": True}},
        "fireedge/sunstone/mine/vm-tab.yaml": tab,
        "left.conf": {"a": 1},
    }
