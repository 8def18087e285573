# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Secrets are made once: against an API server that is a dictionary, with the real ssh-keygen."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PURPOSES = ("oneadmin", "oneKey", "ssh", "sshd", "database", "serveradmin", "fireedgeKey")
Store = dict[str, dict[str, Any]]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LABELS", json.dumps({"app.kubernetes.io/instance": "cloud"}))
    monkeypatch.setenv("SECRETS", json.dumps({name: {"name": f"cloud-{name}", "create": True} for name in PURPOSES}))
    monkeypatch.setenv("PUBLIC_KEYS", "cloud-public-keys")
    monkeypatch.setenv("HOSTNAME_ALIAS", "cloud")
    return {}


@pytest.fixture
def make(script: Callable[[str], ModuleType], store: Store, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("oned/libexec/make-secrets")

    def request(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        if method == "GET":
            return store.get(path)
        assert body is not None
        store[path if method == "PUT" else f"{path}/{body['metadata']['name']}"] = body
        return body

    monkeypatch.setattr(module.keys, "request", request)
    return module


def content(store: Store, name: str) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in store[f"secrets/{name}"]["data"].items()}


def test_all_are_made_and_a_second_run_changes_nothing(make: ModuleType, store: Store) -> None:
    assert make.main() == 0
    assert store.keys() == {f"secrets/cloud-{name}" for name in PURPOSES} | {"configmaps/cloud-public-keys"}
    assert content(store, "cloud-oneadmin")["username"] == "oneadmin"
    passwords = [content(store, "cloud-oneadmin")["password"], *content(store, "cloud-database").values()]
    assert len(set(passwords)) == 3 and all(word.isalnum() and len(word) >= 24 for word in passwords)
    assert len(content(store, "cloud-fireedgeKey")["fireedge_key"].encode()) == 32
    assert content(store, "cloud-serveradmin")["username"] == "serveradmin"
    before = json.dumps(store)
    assert make.main() == 0
    assert json.dumps(store) == before


def test_the_public_halves_belong_to_the_private_ones(make: ModuleType, store: Store, tmp_path: Path) -> None:
    make.main()
    public = store["configmaps/cloud-public-keys"]["data"]
    for secret, key, line in (
        ("cloud-ssh", "id_ed25519", public["authorized_keys"]),
        ("cloud-sshd", "ssh_host_ed25519_key", public["known_hosts"].removeprefix("cloud ")),
    ):
        path = tmp_path / key
        path.touch(0o600)
        path.write_text(content(store, secret)[key])
        derived = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
        assert derived.split()[:2] == line.split()[:2]
    assert "PRIVATE" not in json.dumps(public)


def test_a_key_of_the_operator_is_published(make: ModuleType, store: Store, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", tmp_path / "own"], check=True)
    private = base64.b64encode((tmp_path / "own").read_bytes()).decode()
    store["secrets/cloud-ssh"] = {"data": {"id_ed25519": private}}
    assert make.main() == 0
    own = (tmp_path / "own.pub").read_text().split()[1]
    assert own in store["configmaps/cloud-public-keys"]["data"]["authorized_keys"]


def test_keys_of_a_rotation_are_published_with_the_one_in_use(make: ModuleType, store: Store) -> None:
    """A release that is upgraded meanwhile takes no key from a host."""
    make.main()
    pairs = [make.keys.key_pair("oneadmin") for _number in range(3)]
    texts = [make.keys.public_half(pair) for pair in pairs]
    for names, authorized, retiring in (
        (("id_ed25519", "id_ed25519_next"), texts[:2], None),
        (("id_ed25519", "id_ed25519_previous"), texts[:1], texts[1]),
    ):
        store["secrets/cloud-ssh"] = {"data": make.keys.encoded(dict(zip(names, pairs, strict=False)))}
        assert make.main() == 0
        public = store["configmaps/cloud-public-keys"]["data"]
        assert public["authorized_keys"].splitlines() == [f"{text} kubenebula:cloud" for text in authorized]
        assert public.get("retiring_keys") == (retiring and f"{retiring} kubenebula:cloud\n")


@pytest.mark.parametrize(
    ("data", "create", "problem"),
    [
        (None, False, "the Secret cloud-ssh that the chart's values name for ssh does not exist"),
        ({"id_rsa": "eA=="}, True, "the Secret cloud-ssh lacks the key id_ed25519"),
        ({"id_ed25519": "eA=="}, True, "a private SSH key cannot be read"),
    ],
)
def test_a_bad_secret_is_one_sentence(
    make: ModuleType,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: dict[str, str] | None,
    create: bool,
    problem: str,
) -> None:
    if data is not None:
        store["secrets/cloud-ssh"] = {"data": data}
    monkeypatch.setenv("SECRETS", json.dumps({"ssh": {"name": "cloud-ssh", "create": create}}))
    assert make.main() == 1
    message = capsys.readouterr().err
    assert problem in message and message.count("\n") == 1


@pytest.mark.parametrize(
    ("purpose", "data", "problem"),
    [
        (
            "fireedgeKey",
            {"fireedge_key": "0" * 32 + "\n"},
            "fireedge_key in the Secret cloud-own has 33 bytes and needs 32",
        ),
        ("fireedgeKey", {"fireedge_key": "ä" * 32}, "has 64 bytes"),
        (
            "serveradmin",
            {"username": "a:b", "password": "c"},
            "username in the Secret cloud-own has the character ':', which OpenNebula does not take there",
        ),
        ("serveradmin", {"username": "a", "password": "c:d"}, "password in the Secret cloud-own has the character ':'"),
        ("serveradmin", {"username": "a", "password": "c\n"}, "has a line break, a tab"),
        (
            "oneadmin",
            {"username": "oneadmin", "password": "a b"},
            "password in the Secret cloud-own has the character ' '",
        ),
        ("oneadmin", {"username": "oneadmin", "password": "tab\tbed"}, "has a line break, a tab"),
        ("oneadmin", {"username": "one admin", "password": "x"}, "username in the Secret cloud-own has the character"),
        ("oneadmin", {"username": "oneadmin", "password": "\n"}, "password in the Secret cloud-own is empty"),
        ("oneKey", {"one_key": "half a key"}, "one_key in the Secret cloud-own has the character ' '"),
        ("database", {"password": "a\nb"}, "password in the Secret cloud-own has a line break"),
        ("database", {"password": "b\\"}, "password in the Secret cloud-own ends with a backslash"),
        ("database", {"password": "a", "root-password": ""}, "root-password in the Secret cloud-own is empty"),
    ],
)
def test_what_would_break_consoles_and_services_later_is_refused(
    make: ModuleType,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    purpose: str,
    data: dict[str, str],
    problem: str,
) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    store["secrets/cloud-own"] = {"data": encoded}
    monkeypatch.setenv("SECRETS", json.dumps({purpose: {"name": "cloud-own", "create": False}}))
    assert make.main() == 1
    message = capsys.readouterr().err
    assert problem in message and message.count("\n") == 1


@pytest.mark.parametrize(
    ("purpose", "data"),
    [
        ("database", {"password": "".join(map(chr, range(0x20, 0x7F))), "root-password": "ä ö"}),
        ("oneadmin", {"username": "oneadmin", "password": "".join(map(chr, range(0x21, 0x7F))) + "ä\n"}),
        ("serveradmin", {"username": "a", "password": "".join(map(chr, range(0x21, 0x7F))).replace(":", "")}),
    ],
)
def test_every_other_character_is_taken(
    make: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch, purpose: str, data: dict[str, str]
) -> None:
    make.main()
    secrets = {name: {"name": f"cloud-{name}", "create": True} for name in PURPOSES}
    monkeypatch.setenv("SECRETS", json.dumps({**secrets, purpose: {"name": "cloud-own", "create": False}}))
    store["secrets/cloud-own"] = {
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    }
    assert make.main() == 0


def test_a_value_that_is_no_text_is_refused(
    make: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store["secrets/cloud-own"] = {"data": {"password": base64.b64encode(b"\xff\xfe").decode()}}
    monkeypatch.setenv("SECRETS", json.dumps({"database": {"name": "cloud-own", "create": False}}))
    assert make.main() == 1
    assert capsys.readouterr().err == "the Secret cloud-own has a value that is not text in UTF-8\n"
