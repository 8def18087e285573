# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is registered and desired: check mode says exactly what a run does, and a second run does nothing."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import apply as host_apply
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport, Oned, Refused

NAMES = ["kvm1", "KVM1", "lxc1", "new", "x"]
KINDS = ["kvm", "lxc", "qemu"]
CLUSTERS = {0: "default", 100: "edge", 101: "Core"}
STATES = ["present", "absent", "enabled", "disabled", "offline"]
VALUES = st.sampled_from(["", "1", 'say "hi"', "a\\b", "ü", "two\nlines"])
TEMPLATES = st.dictionaries(
    st.sampled_from(["NOTE", "RACK", "RESERVED_CPU", "RESERVED_MEM"]),
    VALUES
    | st.dictionaries(st.sampled_from(["A", "B"]), VALUES, min_size=1)
    | st.lists(VALUES, min_size=1, max_size=3),
    max_size=3,
)
LABELS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)


@st.composite
def oneds(draw: st.DrawFn) -> Oned:
    """A cloud with up to four hosts in any state."""
    oned = Oned(clusters=dict(CLUSTERS), vms={10: "web"})
    for name in draw(st.lists(st.sampled_from(NAMES), unique_by=str.casefold, max_size=4)):
        oned.add(
            name,
            draw(st.sampled_from(KINDS)),
            cluster=draw(st.sampled_from(list(CLUSTERS))),
            state=draw(st.sampled_from(["INIT", "MONITORED", "ERROR", "DISABLED", "OFFLINE", "MONITORING_DISABLED"])),
            template=draw(st.dictionaries(st.sampled_from(["NOTE", "RACK", "ERROR"]), VALUES, max_size=2)),
            vms=draw(st.sampled_from([[], [], [], [10]])),
        )
    return oned


@st.composite
def desired_objects(draw: st.DrawFn) -> dict[str, Any]:
    """What a user may ask of one host, sensible or not."""
    desired: dict[str, Any] = {"name": draw(st.sampled_from([*NAMES, "new2"]))}
    secrets = st.fixed_dictionaries({}, optional={"EC2_SECRET": st.sampled_from(["", "s3cr3t", "s3cr3t2"])})
    optional = {
        "type": st.sampled_from(KINDS),
        "cluster": st.sampled_from(["default", "EDGE", "101", "nope"]),
        "template": st.builds(lambda given, secret: {**given, **secret}, TEMPLATES, secrets),
        "labels": LABELS,
        "new_name": st.sampled_from([*NAMES, "new3"]),
    }
    for key, values in optional.items():
        if draw(st.booleans()):
            desired[key] = draw(values)
    return desired


def run(
    oned: Oned, desired: list[dict[str, Any]], options: host_apply.DeclaredHosts, *, check_mode: bool = False
) -> Any:
    clock = Clock()
    one = Client(ModelTransport(oned), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
    specs = [host.spec(item) for item in desired]
    oned.log.clear()
    try:
        return engine.ensure(one, replace(options, specs=specs), check_mode=check_mode)
    except OnedError as error:
        return str(error)


def reported(result: Any) -> Any:
    """What a prediction has to get right."""
    if isinstance(result, str):
        return result
    return result["diff"], [(r["name"], r["actions"], r["changed"], r["failed"], r["msg"]) for r in result["results"]]


def shape(oned: Oned) -> Any:
    """The hosts without the ids, which depend on the order of registration."""
    return sorted((h.name, h.state, h.cluster, sorted(map(str, h.template.items()))) for h in oned.hosts.values())


OPTIONS = st.builds(
    host_apply.DeclaredHosts,
    specs=st.just([]),
    state=st.sampled_from(STATES),
    wait=st.booleans(),
    replace=st.booleans(),
    flush=st.booleans(),
    purge=st.booleans(),
)
CASES = (oneds(), st.lists(desired_objects(), max_size=3), OPTIONS)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(*CASES)
def test_check_mode_and_diff_tell_what_a_run_does(
    oned: Oned, desired: list[dict[str, Any]], options: host_apply.DeclaredHosts
) -> None:
    before = copy.deepcopy(oned.hosts)
    predicted = run(oned, desired, options, check_mode=True)
    assert oned.writes == []
    assert {number: found.template for number, found in oned.hosts.items()} == {
        number: found.template for number, found in before.items()
    }
    oned.hosts = before
    done = run(oned, desired, options)
    assert reported(done) == reported(predicted)
    assert "s3cr3t" not in str(done)
    if isinstance(done, str):
        assert oned.writes == []


@settings(max_examples=150, deadline=None, derandomize=True)
@given(*CASES)
def test_a_second_run_only_reads(oned: Oned, desired: list[dict[str, Any]], options: host_apply.DeclaredHosts) -> None:
    first = run(oned, desired, options)
    second = run(oned, desired, options)
    assert oned.writes == []
    if isinstance(first, str):
        assert second == first
    else:
        assert second["changed"] is False
        assert [r["name"] for r in second["results"] if r["failed"]] == [
            r["name"] for r in first["results"] if r["failed"]
        ]
        assert second["diff"] == {"before": {}, "after": {}}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(oneds(), st.booleans())
def test_options_left_out_change_nothing(oned: Oned, replaced: bool) -> None:
    """A host in another cluster stays there, a disabled one stays disabled."""
    before = shape(oned)
    desired = [{"name": found.name} for found in oned.hosts.values()]
    result = run(oned, desired, host_apply.DeclaredHosts([], wait=False, replace=replaced))
    assert (oned.writes, result["changed"]) == ([], False)
    assert [(name, cluster) for name, _state, cluster, _template in shape(oned)] == [
        (name, cluster) for name, _state, cluster, _template in before
    ]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(*CASES)
def test_the_diff_shows_what_is_there_afterwards(
    oned: Oned, desired: list[dict[str, Any]], options: host_apply.DeclaredHosts
) -> None:
    result = run(oned, desired, options)
    if isinstance(result, str):
        return
    there = {found.name.casefold(): found for found in oned.hosts.values()}
    for name in result["diff"]["before"]:
        # Another host may have been given the name of one that is gone.
        assert name in result["diff"]["after"] or name.casefold() not in there or options.purge
    for name, shown in result["diff"]["after"].items():
        found = there[shown.get("name", name).casefold()]
        assert (shown["im_mad"], shown["vmm_mad"]) == (found.im_mad, found.vm_mad)
        assert shown["cluster"] == CLUSTERS[found.cluster]
        there_now = {key: found.template.get(key) for key in shown["template"] if key != "EC2_SECRET"}
        assert there_now == {key: value for key, value in shown["template"].items() if key != "EC2_SECRET"}
        statuses = {"DISABLED": "disabled", "MONITORING_DISABLED": "disabled", "OFFLINE": "offline", "ERROR": "error"}
        assert shown["status"] == statuses.get(found.state, "enabled")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*CASES, st.lists(st.sampled_from(["fine", "fine", "lost before", "lost after", "no leader"]), max_size=8))
def test_lost_answers_and_elections_change_nothing_about_the_outcome(
    oned: Oned, desired: list[dict[str, Any]], options: host_apply.DeclaredHosts, faults: list[str]
) -> None:
    steady = copy.copy(oned)
    steady.hosts, steady.rescheduled, steady.log = copy.deepcopy(oned.hosts), set(), []
    expected = run(steady, desired, options)
    left = list(faults)
    now = ""

    def before(method: str, _params: tuple[Any, ...]) -> None:
        nonlocal now
        now = left.pop(0) if left else "fine"
        if now == "lost before" and method.endswith(
            ("allocate", "update", "status", "delete", "addhost", "rename", "action")
        ):
            raise NoAnswer("lost")
        if now == "no leader":
            raise Refused("Cannot process request, no leader found", 8192)

    def after(_method: str, _params: tuple[Any, ...]) -> None:
        if now == "lost after":
            raise NoAnswer("lost")

    oned.misbehave, oned.lose = before, after
    done = run(oned, desired, options)
    if isinstance(done, str) or any(r["msg"] == "lost" for r in done["results"]):
        return  # the faults outlasted every round: reported as a failure
    assert [(r["name"], r["failed"], sorted(r["actions"])) for r in done["results"]] == [
        (r["name"], r["failed"], sorted(r["actions"])) for r in expected["results"]
    ]
    assert shape(oned) == shape(steady)
