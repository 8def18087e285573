# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of object through the code of the modules: made once, changed where it differs, removed once.

On the stand-in; with ONED_URL and ONED_AUTH (user:password) on that oned instead, where it must come out the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.declared import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
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
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client

Item = dict[str, Any]
NAME = "kubenebula-test"
UPDATED = ["update_range"]
REPLACED = ["update_range", "add_range", "remove_range"]
ETHER = {"type": "ETHER", "size": 3, "mac": "02:00:0a:00:00:0f"}
IP6 = {"type": "IP6", "size": 8, "global_prefix": "2001:DB8::"}
# oned fills it.
STATIC = {"type": "IP6_STATIC", "ip6": "2001:db8::10", "prefix_length": 64}
IP4 = {"type": "IP4", "ip": "10.9.0.1", "size": 9}


def hosts(items: list[Item], params: Item) -> DeclaredHosts:
    return DeclaredHosts([host.desired_host(item) for item in items], state=params["state"], wait=False)


# A kind, an object of it, and what is changed of it with the actions that this takes.
CASES: dict[str, tuple[Callable[..., Any], Item, list[tuple[Item, list[str]]]]] = {
    "host": (
        hosts,
        {"im_mad": "none", "vmm_mad": "none", "labels": ["a"], "template": {"NOTE": {"A": 1}}},
        [({"labels": ["b"]}, ["update"]), ({"new_name": f"{NAME}2"}, ["rename"])],
    ),
    "cluster": (
        Clusters,
        {"datastores": ["default"], "template": {"NOTE": "x"}},
        [({"template": {"NOTE": ""}}, ["update"]), ({"datastores": []}, ["datastores"])],
    ),
    "datastore": (
        Datastores,
        {"ds_mad": "fs", "tm_mad": "ssh", "clusters": ["default"], "template": {"SAFE_DIRS": "/srv"}},
        [({"tm_mad": "shared"}, ["update"]), ({"clusters": []}, ["clusters"])],
    ),
    "system datastore": (
        Datastores,
        {"type": "system", "tm_mad": "shared", "template": {"NOTE": "x"}},
        [({"template": {"NOTE": "y"}}, ["update"]), ({"new_name": f"{NAME}2"}, ["rename"])],
    ),
    "virtual network": (
        VirtualNetworks,
        {"vn_mad": "vxlan", "phydev": "eth0", "vlan_id": "7", "ranges": [IP4, {"type": "ETHER", "size": 3}]},
        [
            ({"ranges": [{**IP4, "size": 12}, {"type": "ETHER", "size": 3}]}, ["update_range"]),
            ({"ranges": [{**IP4, "size": 12, "note": "x"}]}, ["update_range", "remove_range"]),
            ({"template": {"DNS": "192.0.2.2"}, "clusters": []}, ["update", "clusters"]),
        ],
    ),
    "virtual network with IPv6": (
        VirtualNetworks,
        {"vn_mad": "bridge", "ranges": [IP6, STATIC, {"type": "ETHER", "size": 3, "mac": "2:0:A:0:0:F"}]},
        [
            ({"ranges": [{**STATIC, "ip6": "2001:0db8:0::10"}, ETHER, {**IP6, "type": "ip6", "size": "08"}]}, []),
            ({"ranges": [IP6, {**STATIC, "prefix_length": "48"}, ETHER]}, UPDATED),
            ({"ranges": [{**IP6, "global_prefix": "", "ula_prefix": "FD00::"}, STATIC, ETHER]}, UPDATED),
            ({"ranges": [{**IP6, "ula_prefix": "fd00::1"}, {**STATIC, "ip6": "2001:db8::11"}]}, REPLACED),
        ],
    ),
    "user": (
        Users,
        {"password": "s3cr3t", "groups": ["users"], "template": {"NOTE": "x"}},
        [
            ({"password": "another"}, ["password"]),
            ({"password": "another", "groups": ["oneadmin", "users"]}, ["groups"]),
            # Out of the primary group into one that was a secondary one.
            ({"password": "another", "groups": ["users"]}, ["groups"]),
            ({"password": "another", "enabled": False}, ["disable"]),
        ],
    ),
    "group": (Groups, {"template": {"NOTE": "x"}}, [({"template": {"NOTE": "y"}}, ["update"])]),
    "template": (
        VmTemplates,
        {"template": {"CPU": 0.5, "NIC": [{"NETWORK": "a"}, {"NETWORK": "b"}], "CONTEXT": {"PASSWORD": "s3cr3t"}}},
        [({"template": {"CONTEXT": {"PASSWORD": "n3w"}}}, ["update"]), ({"new_name": f"{NAME}2"}, ["rename"])],
    ),
    "image": (
        Images,
        {"datastore": "default", "type": "datablock", "size": 1, "template": {"NOTE": "x"}},
        [({"persistent": True}, ["persistent"]), ({"type": "os", "template": {"NOTE": "y"}}, ["update", "type"])],
    ),
    "marketplace": (
        Marketplaces,
        {"market_mad": "http", "template": {"BASE_URL": "http://127.0.0.1:9/", "PUBLIC_DIR": "/srv"}},
        [({"enabled": False}, ["disable"]), ({"template": {"NOTE": "x"}}, ["update"])],
    ),
    "hook": (
        Hooks,
        {"type": "state", "command": "a.sh", "template": {"RESOURCE": "VM", "ON": "running", "ARGUMENTS": "$TEMPLATE"}},
        [({"command": "b.sh"}, ["update"]), ({"template": {"ON": "STOP"}}, ["update"])],
    ),
    "automatic VLAN": (
        VirtualNetworks,
        {"vn_mad": "802.1Q", "phydev": "eth9", "bridge": "", "template": {"AUTOMATIC_VLAN_ID": True}},
        [({"template": {"AUTOMATIC_VLAN_ID": "yes", "BRIDGE_TYPE": "openvswitch"}}, ["update"])],
    ),
    "hook in small letters": (
        Hooks,
        {"type": "state", "command": "a.sh", "template": {"RESOURCE": "host", "STATE": "error", "REMOTE": "no"}},
        [({"template": {"REMOTE": True}}, ["update"]), ({"template": {"STATE": "Init", "REMOTE": "1"}}, ["update"])],
    ),
    "hook of a state": (
        Hooks,
        {"type": "state", "command": "a.sh", "template": {"RESOURCE": "VM", "STATE": "ACTIVE", "LCM_STATE": "BOOT"}},
        [({"template": {"ON": "UNKNOWN"}}, ["update"])],
    ),
}


def run(client: Client, kind: Callable[..., Any], *items: Any, state: str = "present") -> list[list[str]]:
    """What was done to each item, after a run that nothing went wrong in; a second one must do nothing."""
    found = []
    for _again in range(2):
        resources = kind(list(items), {"state": state, "wait": True, "wait_timeout": 60})
        result = engine.ensure(client, resources, check_mode=False)
        assert [entry["msg"] for entry in result["results"] if entry["failed"]] == []
        found.append([entry["actions"] for entry in result["results"]])
    assert found[1] == [[] for _item in items], "a second run changes nothing"
    return found[0]


@pytest.mark.parametrize("name", CASES)
def test_made_changed_and_removed_once(client: Client, name: str) -> None:
    kind, item, changes = CASES[name]
    called = {"name": NAME}
    assert run(client, kind, {**called, **item})[0][0] == "allocate"
    try:
        for change, actions in changes:
            assert run(client, kind, {**called, **change}) == [actions]
            called["name"] = change.get("new_name", called["name"])
    finally:
        removed = run(client, kind, called, state="absent")
    assert removed == [["delete"]]


def network(client: Client, name: str, *ranges: Item) -> Item:
    """The result for a network whose ranges are to be these."""
    resources = VirtualNetworks([{"name": name, "vn_mad": "bridge", "ranges": ranges}], {"state": "present"})
    (entry,) = engine.ensure(client, resources, check_mode=False)["results"]
    return dict(entry)


def test_a_reservation_gets_no_addresses_twice(client: Client) -> None:
    number, name = network(client, NAME, IP4, ETHER)["id"], f"{NAME}2"
    try:
        client.write("one.vn.reserve", number, f'NAME="{name}"\nSIZE="3"')
        for same in ([{**IP4, "size": 3}], [{**IP4, "size": "03", "mac": "2:0:A:9:0:1"}], []):
            assert run(client, VirtualNetworks, {"name": name, "ranges": same}) == [[]]
        for other, message in (
            ({**IP4, "size": 4}, f"range 0 (10.9.0.1) is reserved from virtual network {number} and stays as it is"),
            ({**IP4, "ip": "10.9.0.4"}, f"it is a reservation of virtual network {number}, from which its addresses"),
        ):
            refused = network(client, name, other)
            assert (refused["msg"].startswith(message), refused["actions"]) == (True, []), refused
        refused = network(client, NAME, {**IP4, "size": 2}, ETHER)
        assert refused["msg"] == "range 0 (10.9.0.1) cannot have size 2: address 3 of it is in use"
    finally:
        for both in (name, NAME):
            run(client, VirtualNetworks, {"name": both}, state="absent")


def test_ranges_with_addresses_in_use(client: Client) -> None:
    def declared(*ranges: Item) -> Item:
        return network(client, NAME, *ranges)

    number = declared(IP4, STATIC)["id"]
    leases = [f'LEASES=[{key}="{address}"]' for key, address in (("IP", "10.9.0.5"), ("IP6", "2001:db8::12"))]
    try:
        for lease in leases:
            client.write("one.vn.hold", number, lease)
        assert declared({**IP4, "note": "x"}, {**STATIC, "prefix_length": 48})["actions"] == ["update_range"]
        refused = declared({**IP4, "size": 4}, STATIC)
        assert refused["msg"] == "range 0 (10.9.0.1) cannot have size 4: address 5 of it is in use"
        refused = declared({**IP4, "ip": "10.9.0.2"}, STATIC)
        assert refused["msg"] == "range 0 (10.9.0.1) is not listed but has addresses in use: release them first"
        assert run(client, VirtualNetworks, {"name": NAME, "ranges": [{**IP4, "size": 5}, STATIC]}) == [UPDATED]
    finally:
        for lease in leases:
            client.write("one.vn.release", number, lease)
        run(client, VirtualNetworks, {"name": NAME}, state="absent")


def test_a_group_with_an_administrator_and_rules(client: Client) -> None:
    group, user = {"name": NAME}, {"name": NAME, "password": "s3cr3t"}
    rules = [f"#{NAME} HOST+NET/%default MANAGE *", f"@{NAME} IMAGE+TEMPLATE/* USE+MANAGE #0"]
    run(client, Groups, group)
    try:
        run(client, Users, {**user, "groups": [NAME, "users"]})
        assert run(client, Groups, {**group, "admins": [NAME]}) == [["admins"]]
        assert run(client, Rules, *rules) == [["allocate"], ["allocate"]]
        assert run(client, Rules, rules[0], state="absent") == [["delete"]]
        assert run(client, Groups, {**group, "admins": []}) == [["admins"]]
    finally:
        run(client, Users, user, state="absent")
        removed = run(client, Groups, group, state="absent")
    assert removed == [["delete"]]


@pytest.mark.parametrize(("driver", "password"), [("ldap", None), ("ldap", "CN=one, O=Example"), ("x509", "/CN=one")])
def test_users_of_other_drivers(client: Client, driver: str, password: str | None) -> None:
    user = {"name": NAME, "auth_driver": driver, "password": password}
    assert run(client, Users, user) == [["allocate"]]
    assert run(client, Users, {"name": NAME}, state="absent") == [["delete"]]


def test_a_driver_that_needs_a_password(client: Client) -> None:
    resources = Users([{"name": NAME, "auth_driver": "x509"}], {"state": "present"})
    (entry,) = engine.ensure(client, resources, check_mode=False)["results"]
    assert entry["failed"] and "Invalid password, it cannot be empty" in entry["msg"]


def test_names_with_blanks_in_rules(client: Client) -> None:
    group = {"name": f"{NAME} web team"}
    rule = f'@"{group["name"]}" IMAGE/* USE #0'
    run(client, Groups, group)
    try:
        assert run(client, Rules, rule) == [["allocate"]]
        assert run(client, Rules, f"'@{group['name']}'   IMAGE/*  USE") == [[]]
        assert run(client, Rules, rule, state="absent") == [["delete"]]
    finally:
        run(client, Groups, group, state="absent")


def test_what_oned_keeps_is_told(client: Client) -> None:
    """oned takes the update and keeps what it decided when the network was made."""
    network = {"name": NAME, "vn_mad": "802.1Q", "phydev": "eth9", "vlan_id": "1234"}
    run(client, VirtualNetworks, network)
    try:
        wanted = {"name": NAME, "template": {"AUTOMATIC_VLAN_ID": True, "NOTE": "x"}}
        for actions in (["update"], ["update"]):
            resources = VirtualNetworks([wanted], {"state": "present"})
            (entry,) = engine.ensure(client, resources, check_mode=False)["results"]
            assert entry["failed"] and entry["actions"] == actions
            assert "keeps nothing as AUTOMATIC_VLAN_ID where 'YES' was asked for" in entry["msg"]
            assert "NOTE" not in entry["msg"]
    finally:
        run(client, VirtualNetworks, {"name": NAME}, state="absent")


def test_only_the_master_of_a_federation_makes_zones(client: Client) -> None:
    resources = Zones([{"name": NAME, "endpoint": "http://127.0.0.1:9/RPC2"}], {"state": "present"})
    (entry,) = engine.ensure(client, resources, check_mode=False)["results"]
    assert entry["failed"]
    assert "New zones can only be created at federation master" in entry["msg"]
