# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Attributes that oned keeps encrypted: compared by what they say, and never shown."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import encrypted
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.declared import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.user import Users
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from cloud_model import Cloud
from oned_model import Clock, ModelTransport, Refused

Item = dict[str, Any]
Resources = Callable[[list[Item]], Any]


def hosts(items: list[Item]) -> DeclaredHosts:
    return DeclaredHosts([host.desired_host({"type": "kvm", **item}) for item in items])


def datastores(items: list[Item]) -> Datastores:
    return Datastores([{"ds_mad": "fs", "tm_mad": "ssh", **item} for item in items], {})


def users(items: list[Item]) -> Users:
    return Users([{"password": "p4ssw0rd", **item} for item in items], {})


def templates(items: list[Item]) -> VmTemplates:
    return VmTemplates(items, {})


CASES = pytest.mark.parametrize(
    ("resources", "template", "other"),
    [
        pytest.param(hosts, {"EC2_SECRET": "s3cr3t", "AZ_SUB": "s3cr3t-sub"}, {"EC2_SECRET": "n3w"}, id="host"),
        pytest.param(hosts, {"CUSTOM": "s3cr3t"}, {"CUSTOM": "n3w"}, id="host, an operator's own"),
        pytest.param(datastores, {"RESTIC_PASSWORD": "s3cr3t"}, {"RESTIC_PASSWORD": "n3w"}, id="datastore"),
        pytest.param(users, {"SSH_PRIVATE_KEY": "s3cr3t\nkey"}, {"SSH_PRIVATE_KEY": "n3w\nkey"}, id="user"),
        pytest.param(
            templates,
            {"CONTEXT": {"PASSWORD": "s3cr3t", "A": "b"}},
            {"CONTEXT": {"PASSWORD": "n3w", "A": "b"}},
            id="template",
        ),
    ],
)


class Lab:
    def __init__(self) -> None:
        self.cloud = Cloud()
        self.cloud.put("cluster", "default", id=0)
        self.cloud.put("group", "users", id=1)

    def run(self, resources: Any, *, check_mode: bool = False) -> dict[str, Any]:
        clock = Clock()
        self.cloud.log.clear()
        self.cloud.requests = 0
        client = Client(ModelTransport(self.cloud), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
        return engine.ensure(client, resources, check_mode=check_mode)


@pytest.fixture
def lab() -> Lab:
    return Lab()


@CASES
def test_a_second_run_changes_nothing(lab: Lab, resources: Resources, template: Item, other: Item) -> None:
    desired = [{"name": "a1", "template": template}, {"name": "b1", "template": template}]
    lab.run(resources(desired))
    assert lab.run(resources(desired))["changed"] is False
    assert (lab.cloud.writes, lab.cloud.requests) == ([], 2), "one more for all that is encrypted"


@CASES
def test_a_change_is_made_and_reported_without_the_values(
    lab: Lab, resources: Resources, template: Item, other: Item
) -> None:
    lab.run(resources([{"name": "a1", "template": template}]))
    desired = resources([{"name": "a1", "template": other}])
    predicted = lab.run(desired, check_mode=True)
    done = lab.run(desired)
    assert done["results"][0]["actions"] == predicted["results"][0]["actions"] == ["update"]
    before, after = (done["diff"][when]["a1"]["template"] for when in ("before", "after"))
    assert before != after
    assert not any(secret in str([predicted, done]) for secret in ("s3cr3t", "n3w"))
    assert lab.run(desired)["changed"] is False


@CASES
def test_what_may_not_be_decrypted_is_stored_again_and_not_shown(
    lab: Lab, resources: Resources, template: Item, other: Item
) -> None:
    lab.run(resources([{"name": "a1", "template": template}]))
    lab.cloud.admin = False
    done = lab.run(resources([{"name": "a1", "template": other}]))
    assert done["results"][0]["actions"] == ["update"]
    assert "n3w" not in str(done)
    lab.cloud.admin = True
    assert lab.run(resources([{"name": "a1", "template": other}]))["changed"] is False


def test_secrets_that_are_not_encrypted_cost_nothing(lab: Lab) -> None:
    desired = hosts([{"name": "a1", "template": {"BMC_PASSWORD": "s3cr3t", "NOTE": "x"}}])
    lab.run(desired)
    assert lab.run(desired)["changed"] is False
    assert lab.cloud.requests == 1
    done = lab.run(hosts([{"name": "a1", "template": {"BMC_PASSWORD": "n3w"}}]))
    assert [method for method, _params in lab.cloud.log if method == "one.host.info"] == []
    assert done["changed"]


def test_empty_and_no_secret_are_the_same(lab: Lab) -> None:
    lab.run(hosts([{"name": "a1", "template": {"EC2_SECRET": "s3cr3t"}}]))
    emptied = hosts([{"name": "a1", "template": {"EC2_SECRET": ""}}])
    assert lab.run(emptied)["results"][0]["actions"] == ["update"]
    assert lab.run(emptied)["changed"] is False


def test_replacing_a_template_settles(lab: Lab) -> None:
    lab.run(datastores([{"name": "a1", "template": {"RESTIC_PASSWORD": "s3cr3t", "OLD": "x", "CUSTOM": "s3cr3t"}}]))
    desired = [{"name": "a1", "ds_mad": "fs", "tm_mad": "ssh", "template": {"RESTIC_PASSWORD": "s3cr3t"}}]
    done = lab.run(Datastores(desired, {"template_mode": "replace"}))
    assert "s3cr3t" not in str(done)
    assert lab.run(Datastores(desired, {"template_mode": "replace"}))["changed"] is False
    assert not {"OLD", "CUSTOM"} & set(lab.cloud.named("datastore", "a1").template)


def test_an_object_that_goes_while_it_is_asked_for_stops_no_other(lab: Lab) -> None:
    both = [{"name": name, "template": {"EC2_SECRET": "s3cr3t"}} for name in ("a1", "b1")]
    lab.run(hosts(both))

    def gone(method: str, params: tuple[Any, ...]) -> None:
        if method == "one.host.info" and params[0] in lab.cloud.hosts and lab.cloud.hosts[params[0]].name == "a1":
            lab.cloud.hosts.pop(params[0])

    lab.cloud.misbehave = gone
    first, second = lab.run(hosts(both))["results"]
    assert first["failed"] and "EC2_SECRET" in first["msg"] and "s3cr3t" not in first["msg"]
    assert (second["failed"], second["state"], second["changed"]) == (False, "MONITORED", False)


def test_other_failures_to_decrypt_are_reported(lab: Lab) -> None:
    lab.run(hosts([{"name": "a1", "template": {"EC2_SECRET": "s3cr3t"}}]))

    def refuse(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.host.info":
            raise Refused("User [2] : Not authorized to perform USE HOST", 512)

    lab.cloud.misbehave = refuse
    with pytest.raises(Exception, match="Not authorized to perform USE HOST; nothing was changed"):
        lab.run(hosts([{"name": "a1", "template": {"EC2_SECRET": "s3cr3t"}}]))


@pytest.mark.parametrize(
    ("value", "cipher"),
    [
        # Recorded from a 6.10.0.1 oned.
        ("91g/9oBXyzVWHEpoTKxstQ==", True),
        (base64.b64encode(bytes(48)).decode(), True),
        (["x", "q5z0FvplvF1OtCl0jpPBXQ=="], True),
        ({"PASSWORD": "n5dBRweueG7/2rRXoy2Dpw==", "A": "b"}, True),
        (base64.b64encode(bytes(20)).decode(), False),
        ("", False),
        ("x86_64", False),
        ("abcd", False),
        ({"A": "b"}, False),
        (None, False),
    ],
)
def test_what_may_be_encrypted(value: Any, cipher: bool) -> None:
    assert encrypted.is_cipher(value) is cipher
