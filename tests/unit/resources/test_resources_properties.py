# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is observed and whatever is desired: check mode says what a run does, and a second run does nothing.

For every kind of object but hosts, which are in test_host_properties.py.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import acl, secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, refs
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import LISTS
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
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError
from cloud_model import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport
from resource_cases import cloud as registered

NAMES = ["a1", "A1", "b1", "c1"]
CLUSTERS = st.lists(st.sampled_from(["default", "edge", "EDGE", "1"]), max_size=3)
VALUES = st.sampled_from(["", "1", "x y"])
VECTORS = st.dictionaries(st.sampled_from(["A", "B"]), VALUES, min_size=1)
SECRETS = st.sampled_from(["", "s3cr3t", "s3cr3t2"])
TEMPLATES = st.fixed_dictionaries(
    {},
    optional={
        "NOTE": VALUES | VECTORS,
        "OTHER": VALUES | VECTORS | st.lists(VALUES | VECTORS, min_size=1, max_size=3),
        "API_TOKEN": SECRETS,
        # Kept encrypted by the model for datastores, users and templates.
        "RESTIC_PASSWORD": SECRETS,
        "SSH_PRIVATE_KEY": SECRETS,
        "CONTEXT": st.fixed_dictionaries({"PASSWORD": SECRETS}, optional={"A": VALUES}),
    },
)
SIZES = st.sampled_from([5, "9", "09"])
RANGES = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("IP4"), "ip": st.sampled_from(["10.0.0.1", "10.1.0.1"]), "size": SIZES},
        optional={"note": st.sampled_from(["x", ""])},
    )
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["IP6", "ip6"]), "size": SIZES},
        optional={
            "global_prefix": st.sampled_from(["2001:db8::", "2001:0DB8:0::7", "2001:db8:1::", ""]),
            "mac": st.sampled_from(["02:00:0a:00:00:01", "2:0:A:0:0:1"]),
        },
    )
    | st.fixed_dictionaries(
        {
            "type": st.just("IP6_STATIC"),
            "ip6": st.sampled_from(["2001:db8::1", "2001:DB8:0::1", "2001:db8::2"]),
            "prefix_length": st.sampled_from([64, "48"]),
            "size": SIZES,
        }
    ),
    max_size=3,
)
RULES = ["#2 VM/* USE", "#alice vm/* use #0", "@50 NET+HOST/%edge MANAGE *", "* ZONE/* USE *", "@users HOST/%1 ADMIN"]
# What they name, by its number in the cloud.
NUMBERS = {("user", "alice"): 2, ("group", "users"): 1, ("cluster", "edge"): 1}
OPTIONS: dict[type[Declared], dict[str, st.SearchStrategy[Any]]] = {
    Clusters: {
        "hosts": st.lists(st.sampled_from(["h1", "h2", "1"]), max_size=2),
        "datastores": st.lists(st.sampled_from(["images", "2"]), max_size=2),
        "vnets": st.lists(st.sampled_from(["net", "NET"]), max_size=2),
    },
    Datastores: {
        "ds_mad": st.just("fs"),
        "tm_mad": st.sampled_from(["ssh", "shared"]),
        "type": st.sampled_from(["image", "system"]),
        "clusters": CLUSTERS,
    },
    VirtualNetworks: {
        "vn_mad": st.sampled_from(["bridge", "dummy"]),
        "bridge": st.sampled_from(["br0", ""]),
        "phydev": st.sampled_from(["eth1", ""]),
        "vlan_id": st.sampled_from(["7", ""]),
        "ranges": RANGES,
        "clusters": CLUSTERS,
    },
    Users: {
        "password": st.sampled_from(["s3cr3t", "n3w"]),
        "update_password": st.sampled_from(["always", "on_create"]),
        "auth_driver": st.sampled_from(["core", "ssh"]),
        "groups": st.lists(st.sampled_from(["users", "devs", "oneadmin"]), min_size=1, max_size=3),
        "enabled": st.booleans(),
    },
    Groups: {"admins": st.lists(st.sampled_from(["alice", "2", "bob"]), max_size=2)},
    VmTemplates: {},
    Images: {
        "datastore": st.sampled_from(["images", "1", "others"]),
        "size": st.just(10),
        "path": st.just("/var/tmp/a"),
        "type": st.sampled_from(["os", "cdrom"]),
        "persistent": st.booleans(),
    },
    Marketplaces: {"market_mad": st.sampled_from(["http", "s3"]), "enabled": st.booleans()},
    Hooks: {"type": st.sampled_from(["api", "state"]), "command": st.sampled_from(["a.sh", "b.sh"])},
    Zones: {"endpoint": st.sampled_from(["http://a/RPC2", "http://b/RPC2"])},
    Rules: {},
}
# Without these a new object of the kind is refused, so they are mostly given.
NEEDED = {"ds_mad", "tm_mad", "vn_mad", "password", "datastore", "size", "market_mad", "type", "command", "endpoint"}


def cloud() -> Cloud:
    made = registered()
    made.put("vn", "net", {"VN_MAD": "bridge"}, id=1, state=1)
    made.put("user", "bob", id=3, groups=[1])
    return made


@st.composite
def desired_objects(draw: st.DrawFn, resources: type[Declared]) -> list[Any]:
    if resources is Rules:
        return draw(st.lists(st.sampled_from(RULES), max_size=3))
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        desired: dict[str, Any] = {"name": name}
        options = {**OPTIONS[resources], "template": TEMPLATES}
        if resources.can_rename:
            options["new_name"] = st.sampled_from([*NAMES, "d1"])
        for key, values in options.items():
            if draw(st.integers(0, 9)) < (9 if key in NEEDED else 5):
                desired[key] = draw(values)
        found.append(desired)
    return found


@st.composite
def cases(draw: st.DrawFn, resources: type[Declared]) -> tuple[list[list[Any]], dict[str, Any]]:
    """Two lists of desired objects, of which the first creates what the second finds, and the options of the second."""
    state = draw(st.sampled_from(["present", "present", "absent"]))
    mode = draw(st.sampled_from(["merge", "replace"]))
    return [draw(desired_objects(resources)), draw(desired_objects(resources))], {"state": state, "template_mode": mode}


def run(
    made: Cloud, resources: type[Declared], items: Sequence[Any], *, check_mode: bool = False, **params: Any
) -> Any:
    made.log.clear()
    clock = Clock()
    client = Client(ModelTransport(made), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
    try:
        return engine.ensure(client, resources(items, params), check_mode=check_mode)
    except OnedError as error:
        return str(error)


def reported(result: Any) -> Any:
    if isinstance(result, str):
        return result
    return result["diff"], [(r["name"], r["actions"], r["changed"], r["failed"], r["msg"]) for r in result["results"]]


def visible(shown: dict[str, Any]) -> dict[str, Any]:
    """A description in a diff without what it hides, and without the order in which oned lists."""
    found = {key: value for key, value in shown.items() if key not in ("password", "template", "ranges")}
    for key, value in shown.get("template", {}).items():
        if key != "CONTEXT" and not secrets.is_secret(key):
            found[f"template {key}"] = value or ""
    if "groups" in found:  # of which only the first has a place
        found["groups"] = [*found["groups"][:1], *sorted(found["groups"][1:])]
    entries = [{k: v for k, v in entry.items() if v and k not in ("AR_ID", "MAC")} for entry in shown.get("ranges", [])]
    return {**found, "ranges": sorted(str(sorted(entry.items())) for entry in entries)}


def written(resources: type[Declared], shown: dict[str, Any]) -> dict[str, Any]:
    """A description in a diff with a new rule, which stands there as the user wrote it, as oned writes it."""
    if resources is not Rules:
        return shown
    return {"rule": str(acl.parse(shown["rule"], NUMBERS))}


def seen(made: Cloud, resources: type[Declared], shown: dict[str, Any], name: str) -> dict[str, Any]:
    """The same of what oned has."""
    client = Client(ModelTransport(made), "oneadmin", "secret")
    objects = Pool(resources([], {}).objects(client.read(resources.list_call.method, *resources.list_call.params)))
    existing = objects.find("object", shown.get("rule", shown.get("name", name)))
    assert existing is not None
    view: dict[str, Any] = {**existing.view, "name": existing.name, "rule": existing.name}
    for option, kind in resources.references.items():
        call, tag = LISTS[kind]
        names = {ref.id: ref.name for ref in refs(client.read(call.method, *call.params), tag, call.method)}
        # What is removed is shown by ids: nothing else is read for that.
        if isinstance(view[option], list) and any(isinstance(entry, str) for entry in shown.get(option, [])):
            listed = [names[number] for number in view[option]]
            view[option] = listed if option in resources.ordered_references else sorted(listed)
    template = {key: view["template"].get(key) for key in shown.get("template", {})}
    return visible({**{key: view.get(key) for key in shown}, "template": template})


KINDS = pytest.mark.parametrize("resources", OPTIONS, ids=lambda resources: resources.kind_name)


@KINDS
@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data())
def test_check_mode_tells_what_a_run_does_and_a_second_run_only_reads(
    resources: type[Declared], data: st.DataObject
) -> None:
    (first, second), params = data.draw(cases(resources))
    made = cloud()
    run(made, resources, first)
    before = copy.deepcopy(made.objects)
    predicted = run(made, resources, second, check_mode=True, **params)
    assert made.writes == []
    assert made.objects == before
    done = run(made, resources, second, **params)
    assert reported(done) == reported(predicted)
    assert "s3cr3t" not in str(done)
    if isinstance(done, str):
        assert made.writes == []
        return
    again = run(made, resources, second, **params)
    assert made.writes == []
    assert again["changed"] is False
    assert again["diff"] == {"before": {}, "after": {}}
    assert [r["failed"] for r in again["results"]] == [r["failed"] for r in done["results"]]


@KINDS
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_diff_shows_what_was_and_what_is_there_then(resources: type[Declared], data: st.DataObject) -> None:
    (first, second), params = data.draw(cases(resources))
    made = cloud()
    run(made, resources, first)
    predicted = run(made, resources, second, check_mode=True, **params)
    if isinstance(predicted, str):
        return
    for name, shown in predicted["diff"]["before"].items():
        reported = written(resources, shown)
        assert visible(reported) == seen(made, resources, reported, name)
    run(made, resources, second, **params)
    for name, shown in predicted["diff"]["after"].items():
        reported = written(resources, shown)
        assert visible(reported) == seen(made, resources, reported, name)
    changed = {entry["name"] for entry in predicted["results"] if entry["changed"]}
    assert changed == predicted["diff"]["before"].keys() | predicted["diff"]["after"].keys()


@KINDS
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_options_left_out_change_nothing(resources: type[Declared], data: st.DataObject) -> None:
    (first, _second), params = data.draw(cases(resources))
    made = cloud()
    result = run(made, resources, first)
    if isinstance(result, str):
        return
    there = first if resources is Rules else [{"name": item.get("new_name", item["name"])} for item in first]
    run(made, resources, there, **{**params, "state": "present"})
    assert made.writes == []


@KINDS
def test_most_cases_are_about_something(resources: type[Declared]) -> None:
    """Guards the tests above against cases that are all refused."""
    taken: list[bool] = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(cases(resources))
    def look(case: tuple[list[list[Any]], dict[str, Any]]) -> None:
        (first, second), params = case
        made = cloud()
        taken.append(not isinstance(run(made, resources, first), str))
        taken.append(not isinstance(run(made, resources, second, **params), str))

    look()
    assert sum(taken) > len(taken) / 4
