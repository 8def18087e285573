# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be said of declared objects without OpenNebula, and of hosts that were not registered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.kubenebula.opennebula.plugins.filter.declarations import (
    KINDS,
    cluster_problems,
    declaration_problems,
    planned_names,
    registration_failures,
)

ROLE = Path(__file__).parents[3] / "roles/registration"
FINE: dict[str, list[Any]] = {
    "opennebula_zones": [{"name": "OpenNebula", "endpoint": "http://one.example.org:2633/RPC2"}],
    "opennebula_clusters": [{"name": "edge", "template": {"RESERVED_CPU": "10%"}}, {"name": "a", "new_name": "b"}],
    "opennebula_groups": [{"name": "devs", "admins": ["alice"]}],
    "opennebula_users": [{"name": "alice", "password": "s3cr3t", "groups": ["devs"], "enabled": True}],
    "opennebula_datastores": [
        {"name": "nfs", "type": "image", "ds_mad": "fs", "tm_mad": "shared"},
        {"name": "default"},
    ],
    "opennebula_networks": [
        {"name": "n", "vn_mad": "bridge", "ranges": [{"type": "IP4", "ip": "192.0.2.9", "size": 3}]}
    ],
    "opennebula_marketplaces": [{"name": "m", "market_mad": "http", "enabled": False}],
    "opennebula_images": [{"name": "i", "datastore": "nfs", "size": "10", "type": "datablock"}],
    "opennebula_templates": [{"name": "t", "template": {"CPU": 1, "NIC": [{"NETWORK": "n"}]}}],
    "opennebula_hooks": [{"name": "h", "type": "api", "command": "x.sh", "template": {"CALL": "one.vm.allocate"}}],
    "opennebula_acl_rules": ["@devs NET/%edge USE *", "#alice VM/* USE+MANAGE"],
    "hypervisors": [{"name": "kvm1", "type": "kvm", "cluster": 100, "labels": ["rack-7"], "template": {"X": 1}}],
}


def test_what_is_right_has_no_problems() -> None:
    assert declaration_problems(FINE) == []
    assert declaration_problems({}) == []
    assert declaration_problems({variable: [] for variable in KINDS}) == []


class Lazy(list[Any]):
    """A list as a play has it: a copy of it would be one of the engine that renders its templates too."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Lazy:
        raise AssertionError("copied")


def test_nothing_that_belongs_to_the_play_is_copied() -> None:
    template = {"CPU": 1, "NIC": Lazy([{"NETWORK": "n"}])}
    assert declaration_problems({"opennebula_templates": Lazy([{"name": "t", "template": template}])}) == []


def test_the_role_declares_what_is_checked() -> None:
    """A variable that is checked is one that the role takes, and the other way round."""
    options = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["declare"]["options"]
    taken = {name for name in options if name.startswith("opennebula_")}
    judged = yaml.safe_load((ROLE / "vars/main.yml").read_text())["__registration_declared"]
    assert taken == set(judged) == set(KINDS) - {"hypervisors"} == set(FINE) - {"hypervisors"}


def test_the_inventories_of_the_collection_declare_what_is_right() -> None:
    inventories = ROLE.parents[1] / "inventories"
    examples = re.sub(
        r"^# (?=opennebula_|  )", "", (inventories / "production/group_vars/all.yml").read_text(), flags=re.MULTILINE
    )
    for text, kinds in ((examples, len(KINDS) - 1), ((inventories / "lab/group_vars/all.yml").read_text(), 3)):
        declared = {key: value for key, value in yaml.safe_load(text).items() if key.startswith("opennebula_")}
        assert len(declared) == kinds
        assert declaration_problems(declared) == []


@pytest.mark.parametrize(
    ("variable", "objects", "sentence"),
    [
        ("opennebula_zones", {"name": "x"}, "it has to be a list of zones"),
        ("opennebula_networks", "net", "it has to be a list of virtual networks"),
        ("opennebula_clusters", ["edge"], "entry 1 has to be a dictionary with a name"),
        ("opennebula_clusters", [{"template": {}}], "entry 1: missing required arguments: name"),
        ("opennebula_clusters", [{"name": None}], "cluster name '' is not possible: it is empty"),
        ("opennebula_clusters", [{"name": "a/b"}], "cluster name 'a/b' is not possible: it holds '/'"),
        (
            "opennebula_clusters",
            [{"name": "edge"}, {"name": "lab"}, {"name": "Edge"}],
            "these clusters are listed more than once (case is ignored): edge, Edge",
        ),
        (
            "opennebula_clusters",
            [{"name": "edge", "hosts": ["kvm1"]}],
            "edge: hosts cannot be given here: set hypervisor_cluster for the hypervisors instead",
        ),
        (
            "opennebula_clusters",
            [{"name": "edge", "vnets": []}],
            "edge: vnets cannot be given here: give clusters in opennebula_networks instead",
        ),
        (
            "opennebula_zones",
            [{"name": "z", "url": "x"}],
            "z: there is no option url; there are endpoint, name, new_name",
        ),
        (
            "opennebula_datastores",
            [{"name": "d", "type": "img"}],
            "d: value of type must be one of: image, system, file",
        ),
        ("opennebula_datastores", [{"name": "d", "template": 5}], "d: template has to be a dictionary"),
        (
            "opennebula_datastores",
            [{"name": "d", "template": {"TYPE": "IMAGE_DS"}}],
            "datastore d: template: TYPE cannot be set here: use type",
        ),
        ("opennebula_networks", [{"name": "n", "ranges": {"size": 1}}], "n: ranges has to be a list"),
        (
            "opennebula_networks",
            [{"name": "n", "ranges": [{"size": 1}]}],
            "virtual network n: ranges: a range needs type",
        ),
        (
            "opennebula_networks",
            [{"name": "n", "ranges": [yaml.safe_load("{type: ETHER, size: 3, mac: 52:54:00:12:34:56}")]}],
            'AR.MAC: YAML reads a MAC address without quotes as a number: quote it, as in "52:54:00:12:34:56"',
        ),
        (
            "opennebula_templates",
            [{"name": "t", "template": {"NIC": yaml.safe_load("{NETWORK: n, MAC: 10:00:00:00:00:09}")}}],
            'NIC.MAC: YAML reads a MAC address without quotes as a number: quote it, as in "10:00:00:00:00:09"',
        ),
        ("opennebula_images", [{"name": "i", "size": "10 GB"}], "i: size has to be a whole number"),
        ("opennebula_marketplaces", [{"name": "m", "enabled": "maybe"}], "m: enabled has to be true or false"),
        ("opennebula_hooks", [{"name": "h", "type": "vm"}], "h: value of type must be one of: api, state"),
        (
            "opennebula_templates",
            [{"name": "t", "template": {"a": None}}],
            "template t: template: A: None is neither text",
        ),
        ("opennebula_users", [{"name": "a b"}], "user name 'a b' is not possible: it holds ' '"),
        ("opennebula_acl_rules", ["@devs VM USE"], "rule '@devs VM USE': after the resources stands a /"),
        ("opennebula_acl_rules", ["@devs VM/* SEE"], "rule '@devs VM/* SEE': there is no right 'SEE'"),
        ("opennebula_acl_rules", [{"user": "a"}], "a rule is USER RESOURCES/WHICH RIGHTS, and a zone if you like"),
        (
            "hypervisors",
            [{"name": "k1", "type": "kvm", "labels": ["a,b"]}],
            "host k1: labels: a label is neither empty",
        ),
        (
            "hypervisors",
            [{"name": "k1", "type": "kvm", "template": {"IM_MAD": "x"}}],
            "host k1: template: IM_MAD cannot",
        ),
    ],
)
def test_a_problem_is_one_sentence_that_names_the_object(variable: str, objects: Any, sentence: str) -> None:
    (problem,) = declaration_problems({variable: objects})
    assert problem.startswith(f"{variable}: ") and problem.endswith(".")
    assert sentence in problem
    assert "\n" not in problem and "class" not in problem


@pytest.mark.parametrize(
    ("groups", "fine"),
    [(None, True), (["DEVS"], True), (["users", 100], True), ("users,devs", True), (["users"], False), ([], False)],
)
def test_an_administrator_belongs_to_the_group(groups: list[Any] | None, fine: bool) -> None:
    declared = {
        "opennebula_groups": [{"name": "devs", "admins": ["Alice", "bob"]}, {"name": "ops"}],
        "opennebula_users": [{"name": "alice", "groups": groups}],
    }
    expected = (
        "opennebula_groups: devs: its administrator Alice has to belong to it: add it to the groups of Alice in "
        "opennebula_users, or leave those out."
    )
    assert declaration_problems(declared) == ([] if fine else [expected])


def test_every_problem_is_reported_at_once() -> None:
    wrong = {"opennebula_clusters": [{"nam": "x"}, 5, {"name": "a:b"}], "opennebula_acl_rules": ["x", "y"]}
    assert len(declaration_problems(wrong)) == 6


@pytest.mark.parametrize(
    "user",
    [
        {"name": "alice", "password": {"s3cr3t": ["s3cr3t"]}, "enabled": "s"},
        {"name": "alice", "pasword": "s3cr3t"},
        {"name": "alice", "password": "s3cr3t", "template": {"TOKEN_PASSWORD": "s3cr3t"}},
        {"name": "a b", "password": "s3cr3t"},
        "alice:s3cr3t",
    ],
)
def test_no_secret_is_reported(user: Any) -> None:
    problems = declaration_problems({"opennebula_users": [user]})
    assert problems and "s3cr3t" not in " ".join(problems)


@pytest.mark.parametrize("wrong", [[], {"opennebula_hosts": []}])
def test_wrong_use_is_an_error(wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="the input is a dictionary of lists under opennebula_zones, "):
        declaration_problems(wrong)


def test_old_and_new_names_may_be_named() -> None:
    assert planned_names(FINE) == {
        "clusters": ["edge", "a", "b"],
        "datastores": ["nfs", "default"],
        "groups": ["devs"],
        "users": ["alice"],
    }


HOSTS = [
    {"name": "k1", "cluster": "Edge"},
    {"name": "k2", "cluster": 100},
    {"name": "k3"},
    {"name": "k4", "cluster": "x"},
]
CLUSTERS = [{"id": 0, "name": "default", "hosts": []}, {"id": 100, "name": "edge"}]


def test_a_host_without_its_cluster_is_reported_with_the_existing_clusters() -> None:
    assert cluster_problems(HOSTS, CLUSTERS) == {
        "k4": "hypervisor_cluster: there is no cluster 'x'; there are default (0), edge (100)"
    }
    assert cluster_problems(HOSTS, CLUSTERS, planned=["X", "EDGE"]) == {}
    assert cluster_problems([{"name": "k5", "cluster": "101"}], CLUSTERS, planned=["x"]) == {
        "k5": "hypervisor_cluster: there is no cluster '101'; there are default (0), edge (100), x (planned)"
    }


def test_each_host_has_its_own_reason() -> None:
    results = [{"name": "k1", "failed": False, "msg": ""}, {"name": "k2", "failed": True, "msg": "no route"}]
    answer = {"failed": True, "msg": "1 of 2 hosts failed", "results": results}
    assert registration_failures(HOSTS, answer, {"k4": "no cluster"}) == {"k2": "no route", "k4": "no cluster"}
    assert registration_failures(HOSTS, {"changed": True, "results": results[:1]}, {}) == {}
    assert registration_failures(HOSTS, {"skipped": True}, {"k4": "no cluster"}) == {"k4": "no cluster"}


def test_where_oned_did_not_answer_that_is_the_reason_of_all() -> None:
    answer = {"failed": True, "msg": "connection refused"}
    assert registration_failures(HOSTS[:2], answer, {}) == dict.fromkeys(("k1", "k2"), "connection refused")
