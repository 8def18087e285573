# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What oned holds after a run is compared with what was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.declared import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import desired_host
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


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        ("hook", {"CALL": "one.vm.allocate", "REMOTE": "no"}),
        ("hook", {"CALL": "one.vm.allocate", "REMOTE": True, "STATE": "error"}),
        ("hook", {"CALL": "one.vm.allocate", "REMOTE": ""}),
        ("vnet", {"AUTOMATIC_VLAN_ID": True}),
        ("vnet", {"AUTOMATIC_VLAN_ID": "no", "AUTOMATIC_OUTER_VLAN_ID": "yes"}),
        ("datastore", {"DISK_TYPE": "file", "ALLOW_ORPHANS": True}),
    ],
)
def test_what_oned_rewrites_by_a_known_rule_is_as_asked_for(kind: str, template: Item) -> None:
    lab = Lab(kind)
    (made,) = lab.run({"template": template})
    assert (made["failed"], made["actions"]) == (False, ["allocate"])
    (again,) = lab.run({"template": template})
    assert (again["failed"], again["changed"]) == (False, False)


def test_what_the_driver_decides_is_told_in_each_run() -> None:
    lab = Lab("datastore")
    for _again in range(2):
        (entry,) = lab.run({"template": {"ALLOW_ORPHANS": "mixed", "NOTE": "x"}})
        assert entry["failed"] and "keeps 'YES' as ALLOW_ORPHANS where 'mixed' was asked for" in entry["msg"]


@pytest.mark.parametrize("gone", [True, False])
def test_hosts_are_looked_at_too(gone: bool) -> None:
    lab = Lab("cluster")

    def meddle(method: str, _params: tuple[Any, ...]) -> None:
        for host in [host for host in lab.cloud.hosts.values() if method == "one.hostpool.info" and host.name == "h9"]:
            host.template.pop("NOTE", None)
            if gone:
                del lab.cloud.hosts[host.id]

    lab.cloud.misbehave = meddle
    declared = [
        desired_host({"name": name, "im_mad": "kvm", "vmm_mad": "kvm", "template": {"NOTE": "x"}})
        for name in ("h9", "h10")
    ]
    client = Client(ModelTransport(lab.cloud), "oneadmin", "secret", clock=lab.clock, sleep=lab.clock.sleep)
    first, second = engine.ensure(client, DeclaredHosts(declared, wait=False), check_mode=False)["results"]
    message = "is gone: somebody else has removed it" if gone else "keeps nothing as NOTE where 'x' was asked for"
    assert first["failed"] and message in first["msg"]
    assert (second["failed"], second["changed"]) == (False, True)
