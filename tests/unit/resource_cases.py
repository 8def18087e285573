# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be declared of every kind of object, and the cloud in which it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.declared import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.acl import Rules
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.cluster import Clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.group import Groups
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.hook import Hooks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.image import Images
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.marketplace import Marketplaces
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.user import Users
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.vnet import VirtualNetworks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.zone import Zones
from cloud_model import Cloud

Item = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A kind, how to declare one object of it, what can change, and what cannot be asked for.

    full: everything that can be declared of a new object. changes: (what to ask for, the actions it takes).
    bad: (what to ask for, part of the message).
    """

    resources: type[Declared]
    kind: str
    minimal: Item
    full: Item
    changes: list[tuple[Item, list[str]]]
    bad: list[tuple[Item, str]] = field(default_factory=list)


CASES = {
    "cluster": Case(
        Clusters,
        "cluster",
        {},
        {"hosts": ["h1", "1"], "template": {"note": "x", "A": {"b": 1}}},
        [
            ({"template": {"NOTE": "y"}}, ["update"]),
            ({"hosts": ["H1"]}, ["hosts"]),
            ({"hosts": []}, ["hosts"]),
            ({"new_name": "other"}, ["rename"]),
        ],
        [
            ({"hosts": ["nope"]}, "cluster a1: there is no host 'nope'; there are"),
            ({"datastores": ["99"]}, "cluster a1: there is no datastore '99'"),
            ({"vnets": [""]}, "cluster a1: there is no virtual network ''"),
        ],
    ),
    "datastore": Case(
        Datastores,
        "datastore",
        {"ds_mad": "fs", "tm_mad": "ssh"},
        {"ds_mad": "fs", "tm_mad": "ssh", "type": "image", "clusters": ["edge", "0"], "template": {"note": "x"}},
        [
            ({"tm_mad": "shared"}, ["update"]),
            ({"clusters": ["EDGE"]}, ["clusters"]),
            ({"clusters": []}, ["clusters"]),
            ({"template": {"note": ""}}, ["update"]),
            ({"new_name": "other", "template": {"SAFE_DIRS": "/srv"}}, ["rename", "update"]),
        ],
        [
            ({"tm_mad": None}, "datastore a1 is new: give tm_mad, and ds_mad unless its type is system"),
            ({"ds_mad": None}, "datastore a1 is new: give tm_mad, and ds_mad unless its type is system"),
            ({"template": {"type": "SYSTEM_DS"}}, "TYPE cannot be set here: use type"),
            ({"template": {"TM_MAD": "x"}}, "TM_MAD cannot be set here: use tm_mad"),
            ({"template": {"BASE_PATH": "/srv"}}, "BASE_PATH cannot be set here: oned takes it from DATASTORE"),
            ({"clusters": ["edge", "nope"]}, "there is no cluster 'nope'; there are edge (1), default (0)"),
        ],
    ),
    "vnet": Case(
        VirtualNetworks,
        "vn",
        {"vn_mad": "bridge"},
        {
            "vn_mad": "bridge",
            "bridge": "br0",
            "clusters": ["edge", "default"],
            "ranges": [{"type": "IP4", "ip": "10.0.0.1", "size": 9, "note": "n"}, {"type": "ETHER", "size": 3}],
            "template": {"DNS": "192.0.2.2"},
        },
        [
            ({"bridge": "br1"}, ["update"]),
            ({"clusters": []}, ["clusters"]),
            ({"ranges": []}, ["remove_range"]),
            ({"ranges": [{"type": "ETHER", "size": 4}]}, ["update_range", "remove_range"]),
            (
                {"ranges": [{"type": t, "ip": ip, "size": 9} for t, ip in (("IP4", "10.0.0.1"), ("IP4", "10.1.0.1"))]},
                ["add_range", "remove_range"],
            ),
            ({"new_name": "other"}, ["rename"]),
        ],
        [
            ({"vn_mad": None}, "virtual network a1 is new: give vn_mad"),
            ({"template": {"ar": {"size": 1}}}, "AR cannot be set here: use ranges"),
            ({"template": {"BRIDGE": "x"}}, "BRIDGE cannot be set here: use bridge"),
            ({"template": {"TEMPLATE_NAME": "x"}}, "TEMPLATE_NAME cannot be set here: oned drops it"),
            (
                {"vlan_id": "7", "template": {"AUTOMATIC_VLAN_ID": True}},
                "virtual network a1: AUTOMATIC_VLAN_ID and vlan_id do not go together: oned would take 7",
            ),
            (
                {"template": {"AUTOMATIC_OUTER_VLAN_ID": "yes", "OUTER_VLAN_ID": 9}},
                "AUTOMATIC_OUTER_VLAN_ID and OUTER_VLAN_ID do not go together: oned would take 9",
            ),
            ({"bridge": "x]]>"}, "BRIDGE: oned refuses the characters ]]>"),
            ({"ranges": [{"size": 3}]}, "virtual network a1: ranges: a range needs type and size"),
            ({"ranges": [{"type": "IP4", "ip": "10.0.0.256", "size": 3}]}, "ranges: IP: '10.0.0.256' is not an IPv4"),
            ({"ranges": [{}]}, "virtual network a1: ranges: AR: a vector needs at least one value"),
            ({"ranges": [{"type": "IP4", "size": [1]}]}, "ranges: AR.SIZE: oned's vectors hold plain values"),
            ({"clusters": ["77"]}, "there is no cluster '77'"),
        ],
    ),
    "user": Case(
        Users,
        "user",
        {"password": "s3cr3t"},
        {"password": "s3cr3t", "groups": ["devs", "1"], "enabled": True, "template": {"note": "x"}},
        [
            ({"password": "another"}, ["password"]),
            ({"groups": ["users"]}, ["groups"]),
            ({"groups": ["users", "devs"]}, ["groups"]),
            ({"groups": ["oneadmin", "devs"]}, ["groups"]),
            ({"enabled": False}, ["disable"]),
            ({"auth_driver": "ssh", "password": "key"}, ["auth_driver", "password"]),
            ({"template": {"NOTE": ""}}, ["update"]),
        ],
        [
            ({"password": None}, "user a1 is new: give password"),
            ({"password": ""}, "OpenNebula takes no empty password and none with blanks"),
            ({"password": "a b"}, "OpenNebula takes no empty password and none with blanks"),
            ({"groups": []}, "user a1: groups: a user belongs to at least one group"),
            ({"groups": ["nope"]}, "user a1: there is no group 'nope'"),
            ({"auth_driver": ""}, "user a1: auth_driver: '' is no name of a driver"),
            ({"name": "a b"}, "user name 'a b' is not possible: it holds ' '"),
            ({"template": {"token_password": "x"}}, "TOKEN_PASSWORD cannot be set here: OpenNebula makes it"),
        ],
    ),
    "group": Case(
        Groups,
        "group",
        {},
        {"admins": ["alice"], "template": {"SUNSTONE": {"views": "cloud"}}},
        [({"admins": []}, ["admins"]), ({"template": {"NOTE": 1}}, ["update"])],
        [({"admins": ["nope"]}, "group a1: there is no user 'nope'"), ({"admins": [""]}, "there is no user ''")],
    ),
    "zone": Case(
        Zones,
        "zone",
        {"endpoint": "http://a/RPC2"},
        {"endpoint": "http://a/RPC2", "template": {"note": "x"}},
        [({"endpoint": "http://b/RPC2"}, ["update"]), ({"new_name": "other"}, ["rename"])],
        [
            ({"endpoint": None}, "zone a1 is new: give endpoint"),
            ({"endpoint": ""}, "zone a1 is new: give endpoint"),
            ({"template": {"endpoint": "x"}}, "ENDPOINT cannot be set here: use endpoint"),
            ({"template": {"SERVER": {"ID": 1}}}, "SERVER cannot be set here: oned drops it: use onezone server-add"),
        ],
    ),
    "template": Case(
        VmTemplates,
        "template",
        {},
        {"template": {"CPU": 0.5, "NIC": [{"NETWORK": "a"}, {"NETWORK": "b"}], "CONTEXT": {"PASSWORD": "s3cr3t"}}},
        [
            ({"template": {"NIC": {"NETWORK": "a"}}}, ["update"]),
            ({"template": {"CONTEXT": {"PASSWORD": "n3w"}}}, ["update"]),
            ({"template": {"CONTEXT": {"PASSWORD": "s3cr3t"}, "CPU": 1}}, ["update"]),
            ({"new_name": "other"}, ["rename"]),
        ],
    ),
    "marketplace": Case(
        Marketplaces,
        "market",
        {"market_mad": "http"},
        {"market_mad": "http", "enabled": False, "template": {"BASE_URL": "http://m/"}},
        [({"enabled": True}, ["enable"]), ({"market_mad": "s3", "new_name": "other"}, ["rename", "update"])],
        [
            ({"market_mad": None}, "marketplace a1 is new: give market_mad"),
            ({"template": {"MARKET_MAD": "s3"}}, "MARKET_MAD cannot be set here: use market_mad"),
        ],
    ),
    "hook": Case(
        Hooks,
        "hook",
        {"type": "api", "command": "a.sh"},
        {"type": "api", "command": "a.sh", "template": {"CALL": "one.vm.allocate"}},
        [({"command": "b.sh"}, ["update"]), ({"new_name": "other"}, ["rename"])],
        [
            ({"type": None}, "hook a1 is new: give type and command"),
            ({"command": None}, "hook a1 is new: give type and command"),
            ({"template": {"TYPE": "state"}}, "TYPE cannot be set here: use type"),
        ],
    ),
    "image": Case(
        Images,
        "image",
        {"datastore": "images", "size": 10},
        {"datastore": "images", "path": "/var/tmp/a", "type": "os", "persistent": True, "template": {"note": "x"}},
        [
            ({"type": "cdrom"}, ["type"]),
            ({"persistent": False}, ["persistent"]),
            ({"template": {"DEV_PREFIX": "vd"}, "new_name": "other"}, ["rename", "update"]),
        ],
        [
            ({"datastore": None}, "image a1 is new: give datastore, and path or size"),
            ({"size": None}, "image a1 is new: give datastore, and path or size"),
            ({"datastore": "nope"}, "image a1: there is no datastore 'nope'"),
            ({"template": {"PATH": "/x"}}, "PATH cannot be set here: use path"),
            ({"template": {"DRIVER": "qcow2"}}, "DRIVER cannot be set here: oned takes it from the format"),
            ({"template": {"TM_MAD": "ssh"}}, "TM_MAD cannot be set here: oned takes it from the datastore"),
            ({"path": "a]]>b"}, "PATH: oned refuses the characters ]]>"),
        ],
    ),
}


def cloud() -> Cloud:
    """What every test finds."""
    made = Cloud()
    made.put("cluster", "default", id=0)
    made.put("cluster", "edge", id=1)
    made.put("datastore", "images", {"TYPE": "IMAGE_DS"}, id=1)
    made.put("datastore", "others", {"TYPE": "IMAGE_DS"}, id=2)
    for number, name in enumerate(("oneadmin", "users")):
        made.put("group", name, id=number)
    made.put("group", "devs", id=50)
    made.put("user", "alice", {"TOKEN_PASSWORD": "t"}, id=2, groups=[1])
    made.add("h1")
    made.add("h2")
    return made


@dataclass(frozen=True)
class Subject:
    """A kind of object as far as all are alike.

    make: the declared objects, from items and options of the module. first: items that make two objects. then: for each
    way to change them, the items. gone: items that name both.
    """

    make: Callable[[Sequence[Item], dict[str, Any]], Any]
    first: list[Item]
    then: list[list[Item]]
    gone: list[Item]


def _subject(case: Case) -> Subject:
    def make(items: Sequence[Item], params: dict[str, Any]) -> Declared:
        return case.resources(items, {"state": "present", "template_mode": "merge", **params})

    # A host is in one cluster only, so just one of two clusters may have some.
    second = {"name": "b1", **(case.minimal if case.kind == "cluster" else case.full)}
    then = [[{"name": "a1", **case.minimal, **item}, second] for item, _actions in case.changes]
    return Subject(make, [{"name": "a1", **case.full}, second], then, [{"name": "a1"}, {"name": "b1"}])


def _hosts(items: Sequence[Item], params: dict[str, Any]) -> DeclaredHosts:
    mode = params.get("template_mode", "merge")
    options = {key: value for key, value in params.items() if key != "template_mode"}
    return DeclaredHosts([host.desired_host(item) for item in items], replace=mode == "replace", **options)


def _rules(items: Sequence[Item], params: dict[str, Any]) -> Rules:
    return Rules([item["rule"] for item in items], {"state": "present", **params})


KVM = {"type": "kvm", "cluster": "edge", "labels": ["x"], "template": {"NOTE": "x", "EC2_SECRET": "s3cr3t"}}
SUBJECTS = {
    **{kind_name: _subject(case) for kind_name, case in CASES.items()},
    "host": Subject(
        _hosts,
        [{"name": "a1", **KVM}, {"name": "b1", **KVM}],
        [
            [{"name": "a1", "labels": ["y"]}, {"name": "b1", **KVM}],
            [{"name": "a1", "cluster": "default", "template": {"NOTE": "y", "EC2_SECRET": "n3w"}}],
            [{"name": "a1", "new_name": "z9"}, {"name": "b1", "labels": []}],
        ],
        [{"name": "a1"}, {"name": "b1"}],
    ),
    "rule": Subject(
        _rules,
        [{"rule": "@users VM+NET/* USE"}, {"rule": "#alice HOST/%edge MANAGE *"}],
        [[{"rule": "* VM/#7 USE"}]],
        [{"rule": "@users NET+VM/* USE"}, {"rule": "#2 HOST/%1 MANAGE *"}],
    ),
}
