# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What oned holds after a run is compared with what was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from cloud_model import Cloud
from oned_model import Clock, ModelTransport
from resource_cases import CASES, Item, cloud

KINDS = ["datastore", "vnet", "template", "hook", "group"]


class Lab:
    """A cloud whose oned decides some attributes itself."""

    def __init__(self, kind: str) -> None:
        self.cloud: Cloud = cloud()
        self.case, self.clock = CASES[kind], Clock()

    def decides(self, **kept: Any) -> None:
        """oned takes what it is told of these attributes, and keeps these values."""

        def restore(method: str, _params: tuple[Any, ...]) -> None:
            if method.endswith("pool.info"):
                for existing in self.cloud.objects[self.case.kind].values():
                    existing.template |= {key: value for key, value in kept.items() if key in existing.template}

        self.cloud.misbehave = restore

    def run(self, *items: Item, check_mode: bool = False, **params: Any) -> list[dict[str, Any]]:
        client = Client(ModelTransport(self.cloud), "oneadmin", "secret", clock=self.clock, sleep=self.clock.sleep)
        listed = [{"name": "a1", **self.case.minimal, **item} for item in items]
        resources = self.case.resources(listed, {"state": "present", **params})
        results: list[dict[str, Any]] = engine.ensure(client, resources, check_mode=check_mode)["results"]
        return results


@pytest.mark.parametrize("kind", KINDS)
def test_what_oned_keeps_is_the_failure_of_that_object(kind: str) -> None:
    lab = Lab(kind)
    template = dict(lab.case.full.get("template") or lab.case.minimal.get("template") or {})
    lab.run({"template": {**template, "note": "theirs"}}, {"name": "b1"})
    lab.decides(NOTE="theirs")
    for _again in range(2):
        first, second = lab.run({"template": {**template, "note": "mine", "MORE": "x"}}, {"name": "b1"})
        assert first["failed"]
        assert "oned has accepted the changes, but keeps 'theirs' as NOTE where 'mine' was asked for" in first["msg"]
        assert "MORE" not in first["msg"]
        assert (second["failed"], second["changed"]) == (False, False)


def test_a_secret_that_oned_keeps_is_not_shown() -> None:
    lab = Lab("datastore")
    lab.run({"template": {"S3_PASSWORD": "s3cr3t-1"}})
    lab.decides(S3_PASSWORD="s3cr3t-1")
    (entry,) = lab.run({"template": {"S3_PASSWORD": "s3cr3t-2"}})
    assert entry["failed"] and "S3_PASSWORD" in entry["msg"] and "s3cr3t" not in entry["msg"]


def test_what_an_update_alone_sets_is_set_in_the_first_run() -> None:
    """As the bridge type of a network, which its driver decides at first."""
    lab = Lab("datastore")

    def drop(method: str, _params: tuple[Any, ...]) -> None:
        if (
            method == "one.datastorepool.info"
            and lab.cloud.writes[-1:]
            and lab.cloud.writes[-1][0].endswith("allocate")
        ):
            for existing in lab.cloud.objects["datastore"].values():
                existing.template.pop("SHARED", None)

    lab.cloud.misbehave = drop
    declared = {"template": {"SHARED": "YES"}}
    (made,) = lab.run(declared)
    assert (made["failed"], made["actions"]) == (False, ["allocate", "update"])
    (again,) = lab.run(declared)
    assert (again["failed"], again["changed"]) == (False, False)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_is_gone_afterwards_is_a_failure(kind: str) -> None:
    lab = Lab(kind)

    def remove(method: str, _params: tuple[Any, ...]) -> None:
        if method.endswith("pool.info") and lab.cloud.writes:
            found = lab.cloud.objects[lab.case.kind]
            for number in [number for number, existing in found.items() if existing.name == "a1"]:
                del found[number]

    lab.cloud.misbehave = remove
    first, second = lab.run({}, {"name": "b1"})
    assert first["failed"] and "is gone: somebody else has removed it" in first["msg"]
    assert (second["failed"], second["actions"][0]) == (False, "allocate")


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"vnet"}))
def test_looking_costs_no_call(kind: str) -> None:
    """The pool is read before and after the changes. A network is also waited for."""
    lab = Lab(kind)
    lab.run({})
    assert [method for method, _params in lab.cloud.log].count(lab.case.resources.list_call.method) == 2
