# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A key is changed for another in three steps: against an API server that is a dictionary, with the real ssh-keygen."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Steps = Callable[..., dict[str, Any]]


class Cluster:
    """A Secret and a ConfigMap, and an API server that refuses a write of what was read before another write."""

    def __init__(self, keys: ModuleType) -> None:
        self.keys = keys
        self.first = keys.key_pair("oneadmin")
        data = keys.encoded({"id_ed25519": self.first, "note": "mine"})
        self.objects: dict[str, dict[str, Any]] = {
            "secrets/cloud-ssh": {"metadata": {"resourceVersion": "1"}, "data": data},
            "configmaps/cloud-public-keys": {
                "metadata": {"resourceVersion": "1"},
                "data": {"known_hosts": "cloud x\n"},
            },
        }
        self.objects["configmaps/cloud-public-keys"]["data"]["authorized_keys"] = self.line(self.first)
        self.writes: list[str] = []
        self.dies_after: int | None = None

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        found = self.objects.get(path)
        if method == "GET":
            return json.loads(json.dumps(found)) if found else None
        assert method == "PUT" and body is not None and found is not None
        if self.dies_after is not None and len(self.writes) >= self.dies_after:
            raise KeyboardInterrupt
        version = found["metadata"]["resourceVersion"]
        if body["metadata"]["resourceVersion"] != version:
            raise self.keys.Problem("the object has been modified")
        self.objects[path] = {**body, "metadata": {"resourceVersion": str(int(version) + 1)}}
        self.writes.append(path)
        return body

    def secret(self) -> dict[str, str]:
        content: dict[str, str] = self.keys.decoded(self.objects["secrets/cloud-ssh"])
        assert content.pop("note") == "mine"
        return content

    def public(self) -> dict[str, str]:
        data = dict(self.objects["configmaps/cloud-public-keys"]["data"])
        assert data.pop("known_hosts") == "cloud x\n"
        return data

    def line(self, private: str) -> str:
        return f"{self.keys.public_half(private)} kubenebula:cloud\n"


@pytest.fixture
def rotate(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("oned/libexec/rotate-key")


@pytest.fixture
def cluster(rotate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    for name, value in {"SECRET": "cloud-ssh", "PUBLIC_KEYS": "cloud-public-keys", "HOSTNAME_ALIAS": "cloud"}.items():
        monkeypatch.setenv(name, value)
    cluster = Cluster(rotate.keys)
    monkeypatch.setattr(rotate.keys, "request", cluster.request)
    return cluster


@pytest.fixture
def step(rotate: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Steps:
    def run(name: str, code: int = 0) -> dict[str, Any]:
        monkeypatch.setattr(rotate.sys, "argv", ["rotate-key", name])
        assert rotate.main() == code
        said = capsys.readouterr()
        assert "PRIVATE KEY" not in said.out + said.err
        found: dict[str, Any] = {"problem": said.err} if code else json.loads(said.out)
        return found

    return run


def test_three_steps_each_of_which_may_be_repeated(cluster: Cluster, step: Steps) -> None:
    begun = step("begin")
    second = cluster.secret()["id_ed25519_next"]
    first_line, second_line = cluster.line(cluster.first), cluster.line(second)
    assert cluster.secret() == {"id_ed25519": cluster.first, "id_ed25519_next": second}
    assert cluster.public() == {"authorized_keys": first_line + second_line}
    assert begun["keys"] == [first_line.strip(), second_line.strip()] and begun["new"] == "id_ed25519_next"
    assert step("begin") == begun

    switched = step("switch")
    assert cluster.secret() == {"id_ed25519": second, "id_ed25519_previous": cluster.first}
    assert cluster.public() == {"authorized_keys": second_line, "retiring_keys": first_line}
    assert switched["keys"] == [second_line.strip(), first_line.strip()] and switched["new"] == "id_ed25519"
    assert step("switch") == step("begin") == switched

    finished = step("finish")
    assert cluster.secret() == {"id_ed25519": second}
    assert cluster.public() == {"authorized_keys": second_line}
    text = second_line.split()[1]
    assert finished == {"keys": [second_line.strip()], "new": "id_ed25519", "held": f"id_ed25519 {text}\nagent {text}"}
    assert step("finish") == step("switch") == finished
    assert len(cluster.writes) == 6


def test_a_pod_that_has_followed_holds_what_is_reported(cluster: Cluster, step: Steps) -> None:
    held = step("begin")["held"].splitlines()
    texts = [cluster.line(private).split()[1] for private in cluster.secret().values()]
    assert held[:2] == [f"id_ed25519 {texts[0]}", f"id_ed25519_next {texts[1]}"]
    assert held[2:] == [f"agent {text}" for text in sorted(texts)]


@pytest.mark.parametrize("name", ["begin", "switch", "finish"])
@pytest.mark.parametrize("writes", [0, 1])
def test_ended_between_two_writes_it_can_be_repeated(
    cluster: Cluster, rotate: ModuleType, step: Steps, name: str, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for before in ("begin", "switch", "finish")[: ("begin", "switch", "finish").index(name)]:
        step(before)
    cluster.dies_after = len(cluster.writes) + writes
    monkeypatch.setattr(rotate.sys, "argv", ["rotate-key", name])
    with pytest.raises(KeyboardInterrupt):
        rotate.main()
    # the key that every host has is among those the pods use
    assert cluster.public()["authorized_keys"].splitlines(keepends=True)[0] in map(
        cluster.line, cluster.secret().values()
    )
    cluster.dies_after = None
    step(name)
    after = cluster.secret(), cluster.public()
    for later in ("begin", "switch", "finish")[("begin", "switch", "finish").index(name) + 1 :]:
        step(later)
    assert cluster.secret().keys() == {"id_ed25519"}
    assert (
        after[0].keys()
        == {
            "begin": {"id_ed25519", "id_ed25519_next"},
            "switch": {"id_ed25519", "id_ed25519_previous"},
            "finish": {"id_ed25519"},
        }[name]
    )


def test_the_key_in_use_is_not_forgotten(cluster: Cluster, step: Steps) -> None:
    step("begin")
    assert "the new key is not in use yet" in step("finish", code=1)["problem"]
    assert cluster.first in cluster.secret().values()


def test_what_somebody_else_has_written_is_not_overwritten(
    cluster: Cluster, rotate: ModuleType, step: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cluster.request

    def interrupted(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        if method == "PUT" and path.startswith("secrets/"):
            cluster.objects[path]["metadata"]["resourceVersion"] = "9"
        return real(method, path, body)

    monkeypatch.setattr(rotate.keys, "request", interrupted)
    assert "has been modified" in step("begin", code=1)["problem"]
    assert cluster.secret() == {"id_ed25519": cluster.first}


def test_without_a_control_plane_it_is_one_sentence(cluster: Cluster, step: Steps) -> None:
    del cluster.objects["secrets/cloud-ssh"]
    problem = step("begin", code=1)["problem"]
    assert problem == "secrets/cloud-ssh does not exist: deploy the control plane first (site.yml)\n"
