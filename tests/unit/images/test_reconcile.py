# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The account of the services, the zone's ENDPOINT and the uploads, against an oned that is a dictionary."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DIGEST = hashlib.sha256(b"secret").hexdigest()


class Oned:
    """Users by name, and the calls that changed something."""

    def __init__(self) -> None:
        self.users = {"oneadmin": (0, "core", "x"), "serveradmin": (1, "server_cipher", "random")}
        self.endpoint = "http://localhost:2633/RPC2"
        self.changes: list[tuple[Any, ...]] = []

    def call(self, method: str, *params: Any) -> str:
        if method == "userpool.info":
            return "".join(
                ["<P>", *(f"<USER><ID>{u[0]}</ID><NAME>{n}</NAME></USER>" for n, u in self.users.items()), "</P>"]
            )
        if method == "user.info":
            ((_id, driver, password),) = [user for user in self.users.values() if user[0] == params[0]]
            return f"<USER><AUTH_DRIVER>{driver}</AUTH_DRIVER><PASSWORD>{password}</PASSWORD></USER>"
        if method == "zone.info":
            return f"<ZONE><TEMPLATE><ENDPOINT>{self.endpoint}</ENDPOINT></TEMPLATE></ZONE>"
        self.changes.append((method, *params))
        return ""


@pytest.fixture
def oned() -> Oned:
    return Oned()


@pytest.fixture
def reconcile(script: Callable[[str], ModuleType], oned: Oned, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("oned/libexec/reconcile")
    monkeypatch.setattr(module, "call", oned.call)
    return module


def test_the_password_that_oned_made_is_replaced_by_the_digest_of_ours(reconcile: ModuleType, oned: Oned) -> None:
    reconcile.reconcile_account("serveradmin", "secret")
    assert oned.changes == [("user.passwd", 1, DIGEST)]
    oned.users["serveradmin"] = (1, "server_cipher", DIGEST)
    reconcile.reconcile_account("serveradmin", "secret")
    assert len(oned.changes) == 1, "it is changed although it is right"


def test_an_account_that_is_missing_is_made(reconcile: ModuleType, oned: Oned) -> None:
    reconcile.reconcile_account("web", "secret")
    assert oned.changes == [("user.allocate", "web", DIGEST, "server_cipher", [0])]


def test_a_person_is_never_made_the_account_of_the_services(reconcile: ModuleType, oned: Oned) -> None:
    with pytest.raises(reconcile.Refused, match="cannot use the account oneadmin, whose driver is core"):
        reconcile.reconcile_account("oneadmin", "secret")
    assert not oned.changes


def test_the_endpoint_of_an_older_database_is_mended(reconcile: ModuleType, oned: Oned) -> None:
    reconcile.reconcile_endpoint("http://cloud-oned:2633/RPC2")
    assert oned.changes == [("zone.update", 0, 'ENDPOINT = "http://cloud-oned:2633/RPC2"', 1)]
    oned.endpoint = "http://cloud-oned:2633/RPC2"
    reconcile.reconcile_endpoint("http://cloud-oned:2633/RPC2")
    assert len(oned.changes) == 1


def test_the_auth_files_end_without_a_newline_and_are_private(
    reconcile: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "HOME", tmp_path)
    reconcile.write_auth_files("serveradmin", "secret")
    for path in tmp_path.iterdir():
        assert path.read_bytes() == b"serveradmin:secret" and path.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"sunstone_auth", "oneflow_auth", "onegate_auth"}


@pytest.mark.parametrize(
    ("states", "hours", "kept"),
    [
        ({"4"}, 30, True),
        ({"0"}, 0, True),
        ({"1"}, 0, False),
        ({"1", "4"}, 0, True),
        ({"5"}, 0, False),
        (None, 1, True),
        (None, 25, False),
    ],
    ids=["copied", "begun", "ready", "one of two ready", "failed", "just uploaded", "abandoned"],
)
def test_uploads_go_when_their_image_is_made(
    script: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    states: set[str] | None,
    hours: int,
    kept: bool,
) -> None:
    module = script("oned/libexec/clean-uploads")
    upload = tmp_path / "upload"
    upload.touch()
    os.utime(upload, (time.time(), time.time() - hours * 3600))
    monkeypatch.setattr(module, "UPLOADS", tmp_path)
    monkeypatch.setattr(module, "images", lambda: {} if states is None else {str(upload): states})
    assert module.main() == 0
    assert upload.exists() == kept
