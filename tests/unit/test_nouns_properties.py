# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever there is and whatever is wanted: check mode says what a run does, and a second run does nothing."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import OnedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.noun_cluster import Clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils.noun_datastore import Datastores
from ansible_collections.kubenebula.opennebula.plugins.module_utils.noun_template import VmTemplates
from ansible_collections.kubenebula.opennebula.plugins.module_utils.noun_user import Users
from ansible_collections.kubenebula.opennebula.plugins.module_utils.noun_vnet import VirtualNetworks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Client
from cloud_model import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport

NAMES = ["a1", "A1", "b1", "c1"]
CLUSTERS = st.lists(st.sampled_from(["default", "edge", "EDGE", "1"]), max_size=3)
VALUES = st.sampled_from(["", "1", "x y"])
VECTORS = st.dictionaries(st.sampled_from(["A", "B"]), VALUES, min_size=1)
SECRETS = st.sampled_from(["", "s3cr3t", "s3cr3t2"])
TEMPLATES = st.fixed_dictionaries(
    {}, optional={"NOTE": VALUES | VECTORS, "OTHER": VALUES | VECTORS, "API_TOKEN": SECRETS}
)
RANGES = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("IP4"), "ip": st.sampled_from(["10.0.0.1", "10.1.0.1"]), "size": st.sampled_from([5, 9])},
        optional={"note": st.sampled_from(["x", ""])},
    ),
    max_size=3,
)
OPTIONS: dict[type[Declared], dict[str, st.SearchStrategy[Any]]] = {
    Clusters: {
        "hosts": st.lists(st.sampled_from(["h1", "h2", "1"]), max_size=2),
        "datastores": st.lists(st.sampled_from(["images", "2"]), max_size=2),
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
        "ranges": RANGES,
        "clusters": CLUSTERS,
    },
    Users: {
        "password": st.sampled_from(["s3cr3t", "n3w"]),
        "auth_driver": st.sampled_from(["core", "ssh"]),
        "groups": st.lists(st.sampled_from(["users", "devs", "oneadmin"]), min_size=1, max_size=3),
        "enabled": st.booleans(),
    },
    VmTemplates: {},
}


def cloud() -> Cloud:
    made = Cloud()
    made.put("cluster", "default", id=0)
    made.put("cluster", "edge", id=1)
    made.put("datastore", "images", id=1)
    made.put("datastore", "others", id=2)
    for number, name in enumerate(("oneadmin", "users", "devs")):
        made.put("group", name, id=number)
    made.add("h1")
    made.add("h2", cluster=1)
    return made


@st.composite
def wishes(draw: st.DrawFn, noun: type[Declared]) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        wanted: dict[str, Any] = {"name": name}
        options = {**OPTIONS[noun], "template": TEMPLATES}
        if noun.renames:
            options["new_name"] = st.sampled_from([*NAMES, "d1"])
        wanted.update({key: draw(values) for key, values in options.items() if draw(st.booleans())})
        found.append(wanted)
    return found


@st.composite
def cases(draw: st.DrawFn) -> tuple[type[Declared], list[list[dict[str, Any]]], dict[str, Any]]:
    """A kind, two lists of wishes of which the first makes what the second finds, and how the second is meant."""
    noun = draw(st.sampled_from(list(OPTIONS)))
    state = draw(st.sampled_from(["present", "present", "absent"]))
    mode = draw(st.sampled_from(["merge", "replace"]))
    return noun, [draw(wishes(noun)), draw(wishes(noun))], {"state": state, "template_mode": mode}


def run(
    made: Cloud, noun: type[Declared], items: list[dict[str, Any]], *, check_mode: bool = False, **params: Any
) -> Any:
    made.log.clear()
    clock = Clock()
    client = Client(ModelTransport(made), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
    try:
        return engine.ensure(client, noun(items, params), check_mode=check_mode)
    except OnedError as error:
        return str(error)


def told(result: Any) -> Any:
    if isinstance(result, str):
        return result
    return result["diff"], [(r["name"], r["actions"], r["changed"], r["failed"], r["msg"]) for r in result["results"]]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(cases())
def test_check_mode_tells_what_a_run_does_and_a_second_run_only_reads(
    case: tuple[type[Declared], list[list[dict[str, Any]]], dict[str, Any]],
) -> None:
    noun, (first, second), params = case
    made = cloud()
    run(made, noun, first)
    before = copy.deepcopy(made.things)
    predicted = run(made, noun, second, check_mode=True, **params)
    assert made.writes == []
    assert made.things == before
    done = run(made, noun, second, **params)
    assert told(done) == told(predicted)
    assert "s3cr3t" not in str(done)
    if isinstance(done, str):
        assert made.writes == []
        return
    again = run(made, noun, second, **params)
    assert made.writes == []
    assert again["changed"] is False
    assert again["diff"] == {"before": {}, "after": {}}
    assert [r["failed"] for r in again["results"]] == [r["failed"] for r in done["results"]]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases())
def test_options_left_out_change_nothing(
    case: tuple[type[Declared], list[list[dict[str, Any]]], dict[str, Any]],
) -> None:
    noun, (first, _second), params = case
    made = cloud()
    result = run(made, noun, first)
    if isinstance(result, str):
        return
    there = [{"name": item.get("new_name", item["name"])} for item in first]
    run(made, noun, there, **{**params, "state": "present"})
    assert made.writes == []
