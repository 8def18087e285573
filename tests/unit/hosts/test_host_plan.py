# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""From desired and observed hosts to changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Ref
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import plan as host_plan
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import Host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.plan import HostOptions, ObservedHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import diff
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import OWN_ID, ItemPlan
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import SetupError

KVM1 = Host(0, "kvm1", "MONITORED", "kvm", "kvm", 0, "default", {"ARCH": "x86_64", "LABELS": "a,b", "RESERVED_CPU": ""})
WORLD = ObservedHosts([KVM1], [Ref(0, "default"), Ref(100, "edge")])


def plan(
    declared: dict[str, Any], observed: ObservedHosts = WORLD, state: str = "present", *, probe_again: bool = True
) -> ItemPlan:
    desired = host.desired_host({"name": "kvm1", **declared})
    options = HostOptions(state, probe_again)
    host_plan.check([desired], observed, options)
    return host_plan.plan([desired], observed, options)[0]


def calls(item: ItemPlan) -> list[tuple[str, tuple[Any, ...]]]:
    return [(change.method, tuple("ID" if p is OWN_ID else p for p in change.params)) for change in item.changes]


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"type": "kvm"},
        {"im_mad": "kvm", "vmm_mad": "kvm"},
        {"cluster": "default"},
        {"cluster": "DEFAULT"},
        {"cluster": "0"},
        {"cluster": 0},
        {"labels": ["b", "a", "a "]},
        {"template": {}},
        {"template": {"arch": "x86_64", "reserved_cpu": "", "not_there": ""}},
    ],
)
@pytest.mark.parametrize("state", ["present", "enabled"])
def test_a_host_in_the_desired_state_needs_no_change(declared: dict[str, Any], state: str) -> None:
    item = plan(declared, state=state)
    assert (item.id, item.changes, item.problem) == (0, (), None)
    assert item.before == item.after


def test_a_new_host_is_allocated_with_the_information_driver_first() -> None:
    observed = ObservedHosts([], WORLD.clusters)
    assert calls(plan({"im_mad": "im", "vmm_mad": "vm"}, observed)) == [("one.host.allocate", ("kvm1", "im", "vm", -1))]
    declared = {"type": "lxc", "cluster": "edge", "labels": ["x"], "template": {"note": 'a "b"', "empty": ""}}
    item = plan(declared, observed, "offline")
    assert calls(item) == [
        ("one.host.allocate", ("kvm1", "lxc", "lxc", 100)),
        ("one.host.update", ("ID", 'NOTE="a \\"b\\""\nLABELS="x"', 1)),
        ("one.host.status", ("ID", 2)),
    ]
    assert item.before is None
    assert item.after == {
        "im_mad": "lxc",
        "vmm_mad": "lxc",
        "cluster": "edge",
        "status": "offline",
        "template": {"NOTE": 'a "b"', "LABELS": "x"},
    }


def test_only_what_differs_is_sent() -> None:
    item = plan({"type": "kvm", "cluster": "edge", "labels": ["a", "c"], "template": {"arch": "x86_64", "rack": 7}})
    assert calls(item) == [
        ("one.cluster.addhost", (100, "ID")),
        ("one.host.update", ("ID", 'RACK="7"\nLABELS="a,c"', 1)),
    ]
    assert item.actions == ["cluster", "update"]
    shown = diff.of([item])
    assert shown["before"]["kvm1"]["template"] == {"ARCH": "x86_64", "LABELS": "a,b"}
    assert shown["after"]["kvm1"]["template"] == {"ARCH": "x86_64", "LABELS": "a,c", "RACK": "7"}
    assert (shown["before"]["kvm1"]["cluster"], shown["after"]["kvm1"]["cluster"]) == ("default", "edge")


def test_labels_can_be_taken_away_and_stay_away() -> None:
    assert calls(plan({"labels": []})) == [("one.host.update", ("ID", 'LABELS=""', 1))]
    bare = replace(KVM1, template={"LABELS": ""})
    assert plan({"labels": []}, ObservedHosts([bare])).changes == ()
    assert plan({"labels": []}, ObservedHosts([replace(KVM1, template={})])).changes == ()


@pytest.mark.parametrize(
    ("state", "now", "sent"),
    [
        ("present", "DISABLED", None),
        ("present", "OFFLINE", None),
        ("present", "INIT", None),
        ("enabled", "DISABLED", 0),
        ("enabled", "MONITORING_DISABLED", 0),
        ("enabled", "OFFLINE", 0),
        ("enabled", "MONITORING_MONITORED", None),
        ("disabled", "MONITORED", 1),
        ("disabled", "ERROR", 1),
        ("disabled", "OFFLINE", 1),
        ("disabled", "DISABLED", None),
        ("disabled", "MONITORING_DISABLED", None),
        ("offline", "DISABLED", 2),
        ("offline", "OFFLINE", None),
    ],
)
def test_status(state: str, now: str, sent: int | None) -> None:
    item = plan({}, ObservedHosts([replace(KVM1, state=now)]), state)
    assert calls(item) == ([] if sent is None else [("one.host.status", ("ID", sent))])


@pytest.mark.parametrize(
    ("state", "now"), [("present", "ERROR"), ("enabled", "ERROR"), ("enabled", "MONITORING_ERROR")]
)
def test_a_host_in_error_goes_offline_first_for_then_it_is_probed_at_once(state: str, now: str) -> None:
    item = plan({}, ObservedHosts([replace(KVM1, state=now)]), state)
    assert calls(item) == [("one.host.status", ("ID", 2)), ("one.host.status", ("ID", 0))]
    assert [change.stage for change in item.changes] == sorted({change.stage for change in item.changes})


@pytest.mark.parametrize("state", ["present", "enabled"])
def test_a_host_in_error_is_left_alone_by_who_does_not_wait(state: str) -> None:
    assert plan({}, ObservedHosts([replace(KVM1, state="ERROR")]), state, probe_again=False).changes == ()


def test_drivers_of_a_registered_host_are_a_problem_of_that_host() -> None:
    item = plan({"type": "lxc", "labels": []})
    assert item.changes == ()
    assert item.problem is not None
    assert "registered with the drivers kvm/kvm, and the desired ones are lxc/lxc" in item.problem
    assert "remove it (state absent) and add it again" in item.problem


def test_removal() -> None:
    assert calls(plan({}, state="absent")) == [("one.host.delete", ("ID",))]
    assert plan({}, state="absent").after is None
    gone = plan({}, ObservedHosts([]), "absent")
    assert (gone.changes, gone.problem) == ((), None)


@pytest.mark.parametrize(
    ("vms", "running_vms", "machines"),
    [((10, 11), 2, "web (10), VM (11)"), ((10,), 0, "web (10)"), ((), 3, "3")],
)
def test_a_host_that_runs_machines_is_not_removed(vms: tuple[int, ...], running_vms: int, machines: str) -> None:
    item = plan({}, ObservedHosts([replace(KVM1, vms=vms, running_vms=running_vms)], vm_names={10: "web"}), "absent")
    assert item.changes == ()
    assert (
        item.problem == f"host kvm1 still runs virtual machines: {machines}; move or terminate them first, or set flush"
    )


def test_names_are_matched_exactly_and_then_without_case() -> None:
    assert plan({"name": "KVM1"}).id == 0
    both = ObservedHosts([KVM1, replace(KVM1, id=1, name="KVM1")])
    assert plan({"name": "KVM1"}, both).id == 1
    assert plan({"name": "Kvm1"}, both).problem == "several hosts are called like this: kvm1 (0), KVM1 (1)"


def test_a_strange_name_that_is_registered_already_is_taken_as_it_is() -> None:
    assert plan({"name": "x"}, ObservedHosts([replace(KVM1, name="x")])).problem is None


@pytest.mark.parametrize(
    ("declared", "mistake"),
    [
        ({"name": "x", "type": "kvm"}, "host name 'x' is not possible: it has 1 characters, OpenNebula takes 2 to 63"),
        ({"name": "kvm2"}, "host kvm2 is new: give type, or both im_mad and vmm_mad"),
        ({"name": "kvm2", "im_mad": "kvm"}, "host kvm2 is new: give type, or both"),
        ({"cluster": "nope"}, r"host kvm1: there is no cluster 'nope'; there are default \(0\), edge \(100\)"),
        ({"cluster": "7"}, "host kvm1: there is no cluster '7'"),
        ({"cluster": ""}, "host kvm1: there is no cluster ''"),
    ],
)
def test_mistakes_are_reported_before_anything_is_changed(declared: dict[str, Any], mistake: str) -> None:
    with pytest.raises(SetupError, match=f"nothing was changed: {mistake}"):
        plan(declared)


def test_all_mistakes_are_reported_at_once() -> None:
    desired_hosts = [host.desired_host({"name": name}) for name in ("a", "b-")]
    with pytest.raises(SetupError) as caught:
        host_plan.check(desired_hosts, ObservedHosts([]), HostOptions())
    assert str(caught.value).count("; ") == 3


def test_a_host_is_listed_once() -> None:
    with pytest.raises(SetupError, match=r"more than once \(case is ignored\): kvm1, KVM1"):
        host_plan.check_desired([host.desired_host({"name": name}) for name in ("kvm1", "kvm2", "KVM1")], HostOptions())


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (
            {"template": {"im_mad": "x"}},
            "host kvm1: template: IM_MAD cannot be set here: use type, or im_mad and vmm_mad",
        ),
        ({"template": {"ERROR": "x"}}, "host kvm1: template: ERROR cannot be set here: oned writes it"),
        ({"template": {"wilds": "x"}}, "host kvm1: template: WILDS cannot be set here: oned writes it"),
        ({"template": {"TOTALCPU": 800}}, "host kvm1: template: TOTALCPU cannot be set here: oned measures it"),
        ({"template": {"labels": "x"}}, "host kvm1: template: LABELS cannot be set here: use labels"),
        ({"template": {"a b": 1}}, "host kvm1: template: a b: attribute names"),
        ({"labels": ["a,b"]}, "host kvm1: labels: a label is neither empty nor holds a comma"),
        ({"labels": [" "]}, "host kvm1: labels: a label is neither empty"),
        ({"labels": ["a\x07"]}, "host kvm1: template: TEXT: control characters"),
    ],
)
def test_what_cannot_be_stored_is_reported_with_the_host(declared: dict[str, Any], reason: str) -> None:
    with pytest.raises(TemplateError, match=reason):
        plan(declared)


def test_a_change_needs_its_id() -> None:
    change = plan({}, state="absent").changes[0]
    assert change.call(0).params == (0,)
    with pytest.raises(ValueError, match="delete needs an id"):
        change.call(None)
