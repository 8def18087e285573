# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""How values of the chart change the packaged configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PACKAGED = """
# a comment with = and [ ]
PORT = 2633   # another
LOG = [ SYSTEM = "file",   DEBUG_LEVEL = 3 ]
VM_MAD = [
    NAME = "kvm", ARGUMENTS = "-t 15 -r 0 kvm -p",
    IMPORTED_VMS_ACTIONS = "terminate, hold,
        resume" ]
VM_MAD = [ NAME = "lxc", ARGUMENTS = "-t 15" ]
RESTRICTED = "NIC/MAC"
RESTRICTED = "NIC/VLAN_ID"
EMPTY = ""
QUOTED = "say \\"yes\\" to C:\\temp"
"""


@pytest.fixture
def configure(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("oned/libexec/configure")


def changed(configure: ModuleType, **values: Any) -> list[tuple[str, Any]]:
    entries = configure.parse(PACKAGED)
    for key, value in values.items():
        entries = configure.change(entries, key, value)
    # through the text, as oned reads it
    result: list[tuple[str, Any]] = configure.parse(configure.render(entries))
    return result


def test_what_is_not_named_stays(configure: ModuleType) -> None:
    entries = changed(configure)
    assert entries == configure.parse(PACKAGED)
    assert [key for key, _value in entries].count("VM_MAD") == 2
    assert ("EMPTY", "") in entries
    assert ("QUOTED", r'say "yes" to C:\temp') in entries
    assert "terminate, hold,\n        resume" in dict(entries[2:3])["VM_MAD"]["IMPORTED_VMS_ACTIONS"]


def test_a_scalar_replaces_every_occurrence(configure: ModuleType) -> None:
    entries = changed(configure, PORT=3000, RESTRICTED="DISK/SIZE", NEW=True)
    assert [item for item in entries if item[0] in ("PORT", "RESTRICTED", "NEW")] == [
        ("PORT", "3000"),
        ("RESTRICTED", "DISK/SIZE"),
        ("NEW", "YES"),
    ]


def test_a_map_changes_the_attributes_it_names(configure: ModuleType) -> None:
    assert ("LOG", {"SYSTEM": "file", "DEBUG_LEVEL": "5"}) in changed(configure, LOG={"DEBUG_LEVEL": 5})


def test_a_list_of_maps_is_matched_by_name(configure: ModuleType) -> None:
    entries = changed(configure, VM_MAD=[{"NAME": "lxc", "ARGUMENTS": "-t 30"}, {"NAME": "mine", "TYPE": "xml"}])
    assert [value for key, value in entries if key == "VM_MAD"] == [
        configure.parse(PACKAGED)[2][1],
        {"NAME": "lxc", "ARGUMENTS": "-t 30"},
        {"NAME": "mine", "TYPE": "xml"},
    ]


def test_a_list_of_scalars_replaces_the_repeated_key(configure: ModuleType) -> None:
    entries = changed(configure, RESTRICTED=["A", "B", "C"])
    assert [value for key, value in entries if key == "RESTRICTED"] == ["A", "B", "C"]


def test_the_password_of_the_database_is_put_in_at_the_start(
    configure: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("packaged", "given/config", "given/database", "written"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("oned", "monitord", "sched"):
        (tmp_path / "packaged" / f"{name}.conf").write_text('DB = [ BACKEND = "sqlite", TIMEOUT = 2500 ]\nPORT = 1\n')
        (tmp_path / "given/config" / f"{name}.json").write_text(json.dumps({"PORT": 2}))
    (tmp_path / "given/config/oned.json").write_text(json.dumps({"DB": {"CONNECTIONS": 50}}))
    (tmp_path / "given/database/password").write_text(' a\\sb\\"word\n')
    for constant, folder in (("PACKAGED", "packaged"), ("GIVEN", "given"), ("WRITTEN", "written")):
        monkeypatch.setattr(configure, constant, tmp_path / folder)
    for key, value in {"BACKEND": "mysql", "HOST": "db", "PORT": "3306", "USER": "one", "NAME": "nebula"}.items():
        monkeypatch.setenv(f"DATABASE_{key}", value)
    configure.main()
    (section,) = [value for key, value in configure.parse((tmp_path / "written/oned.conf").read_text()) if key == "DB"]
    assert section == {
        "BACKEND": "mysql",
        "SERVER": "db",
        "PORT": "3306",
        "USER": "one",
        "PASSWD": ' a\\sb\\"word',
        "DB_NAME": "nebula",
        "CONNECTIONS": "50",
    }
    assert (tmp_path / "written/oned.conf").stat().st_mode & 0o777 == 0o600
    # what monitord.conf says of the database is not the business of this
    assert "sqlite" in (tmp_path / "written/monitord.conf").read_text()


def test_an_unreadable_file_names_the_place(configure: ModuleType) -> None:
    with pytest.raises(ValueError, match="unterminated"):
        configure.parse('PORT = 1\nNAME = "unterminated')
