# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Carrying plans out against the model of oned: failures, races, lost answers, waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import apply as host_apply
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import apply, engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import failure
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError, Unreachable
from oned_model import Clock, ModelHost, ModelTransport, Oned, Refused

KVM1 = {"name": "kvm1", "type": "kvm"}
LXC1 = {"name": "lxc1", "type": "lxc"}


class Lab:
    """A model, a clock that only sleeping moves, and the module's work on both."""

    def __init__(self) -> None:
        self.oned = Oned(clusters={0: "default", 100: "edge"})
        self.clock = Clock()
        self.transport = ModelTransport(self.oned)

    def run(self, *hosts: dict[str, Any], check_mode: bool = False, **options: Any) -> dict[str, Any]:
        one = Client(self.transport, "oneadmin", "secret", clock=self.clock, sleep=self.clock.sleep)
        declared = host_apply.DeclaredHosts([host.spec(item) for item in hosts], **options)
        self.oned.log.clear()
        self.oned.requests = 0
        return engine.ensure(one, declared, check_mode=check_mode)

    @property
    def written(self) -> list[str]:
        return [method.removeprefix("one.") for method, _params in self.oned.writes]


@pytest.fixture
def lab() -> Lab:
    return Lab()


def once(method: str, error: Exception) -> Callable[..., None]:
    """Raises `error` at the first call of `method`."""
    left = [error]

    def fault(called: str, _params: tuple[Any, ...]) -> None:
        if called == method and left:
            raise left.pop()

    return fault


def unreachable(reason: str, passing: bool = False) -> Callable[[bytes], None]:
    """Raises Unreachable at every request."""

    def fault(_body: bytes) -> None:
        raise Unreachable(reason, passing=passing)

    return fault


def test_from_nothing_to_monitored_and_then_only_one_read(lab: Lab) -> None:
    first = lab.run(KVM1, {**LXC1, "cluster": "edge", "labels": ["x"]})
    assert first["changed"]
    assert [(r["name"], r["id"], r["state"], r["actions"]) for r in first["results"]] == [
        ("kvm1", 0, "MONITORED", ["allocate"]),
        ("lxc1", 1, "MONITORED", ["allocate", "update"]),
    ]
    again = lab.run(KVM1, {**LXC1, "cluster": "edge", "labels": ["x"]})
    assert not again["changed"]
    assert lab.oned.requests == 1
    assert [method for method, _params in lab.oned.log] == ["one.hostpool.info", "one.clusterpool.info"]
    lab.run(KVM1, LXC1)
    assert [method for method, _params in lab.oned.log] == ["one.hostpool.info"]


def test_check_mode_only_reads(lab: Lab) -> None:
    predicted = lab.run(KVM1, LXC1, check_mode=True)
    assert lab.written == []
    assert [(r["id"], r["state"], r["changed"], r["actions"]) for r in predicted["results"]] == [
        (None, "ABSENT", True, ["allocate"])
    ] * 2


def test_no_hosts_ask_nothing(lab: Lab) -> None:
    assert lab.run() == {"changed": False, "results": [], "diff": {"before": {}, "after": {}}}
    assert lab.oned.requests == 0


def test_a_thousand_hosts_take_few_requests(lab: Lab) -> None:
    result = lab.run(*({"name": f"kvm{n}", "type": "kvm"} for n in range(1000)))
    assert len(lab.oned.hosts) == 1000
    assert all(r["state"] == "MONITORED" for r in result["results"])
    assert lab.oned.requests <= 1 + 30 + 1


def test_one_bad_host_does_not_stop_the_others(lab: Lab) -> None:
    lab.oned.add("kvm1", "lxc")

    def refuse(method: str, params: tuple[Any, ...]) -> None:
        if method == "one.host.allocate" and params[0] == "bad":
            raise Refused("Cannot do it", 8192)

    lab.oned.misbehave = refuse
    result = lab.run(KVM1, {"name": "bad", "type": "kvm"}, LXC1)
    assert [r["failed"] for r in result["results"]] == [True, True, False]
    assert result["changed"]
    assert failure("host", result["results"]) == (
        "2 of 3 hosts failed: kvm1: it is registered with the drivers lxc/lxc, and the desired ones are kvm/kvm: "
        "OpenNebula cannot change the drivers of a host, so remove it (state absent) and add it again; "
        "bad: one.host.allocate: Cannot do it (code 8192); not done: allocate"
    )


def test_a_name_taken_in_between_is_read_again(lab: Lab) -> None:
    def faster(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.host.allocate" and not lab.oned.hosts:
            lab.oned.add("KVM1")

    lab.oned.misbehave = faster
    result = lab.run({**KVM1, "labels": ["x"]})
    assert result["results"][0]["actions"] == ["update"]
    assert (result["results"][0]["id"], result["results"][0]["failed"]) == (0, False)


def test_a_name_taken_with_other_drivers_is_a_failure(lab: Lab) -> None:
    def faster(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.host.allocate" and not lab.oned.hosts:
            lab.oned.add("kvm1", "lxc")

    lab.oned.misbehave = faster
    result = lab.run(KVM1)
    assert "drivers lxc/lxc" in result["results"][0]["msg"]
    assert not result["changed"]


def test_a_host_removed_in_between_is_removed(lab: Lab) -> None:
    lab.oned.add("kvm1")

    def faster(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.host.delete":
            lab.oned.hosts.clear()

    lab.oned.misbehave = faster
    result = lab.run({"name": "kvm1"}, state="absent")
    assert (result["changed"], result["results"][0]["failed"], result["results"][0]["state"]) == (
        False,
        False,
        "ABSENT",
    )


WRITES: list[tuple[str, dict[str, Any], str]] = [
    ("one.host.allocate", {**LXC1, "labels": ["x"]}, "present"),
    ("one.host.update", {**KVM1, "labels": ["x"]}, "present"),
    ("one.host.status", KVM1, "disabled"),
    ("one.host.delete", KVM1, "absent"),
    ("one.cluster.addhost", {**KVM1, "cluster": "edge"}, "present"),
]


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize(("method", "declared", "state"), WRITES)
def test_a_lost_answer_is_looked_up_before_the_call_is_repeated(
    lab: Lab, method: str, declared: dict[str, Any], state: str, carried_out: bool
) -> None:
    lab.oned.add("kvm1")
    fault = once(method, NoAnswer("lost"))
    if carried_out:
        lab.oned.lose = fault
    else:
        lab.oned.misbehave = fault
    predicted = lab.run(declared, state=state, check_mode=True)
    result = lab.run(declared, state=state)
    assert result["results"][0]["failed"] is False
    assert result["results"][0]["actions"] == predicted["results"][0]["actions"]
    assert lab.written.count(method.removeprefix("one.")) == (1 if carried_out else 2)
    assert lab.clock.now >= apply.LOOKUP_SECONDS
    assert lab.run(declared, state=state)["changed"] is False


def test_a_write_that_is_never_answered_fails_its_host(lab: Lab) -> None:
    def never(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.host.allocate":
            raise NoAnswer("gave no answer within 30 s")

    lab.oned.misbehave = never
    result = lab.run(KVM1)
    assert result["results"][0]["msg"] == "gave no answer within 30 s; not done: allocate"
    assert result["results"][0]["state"] == "ABSENT"
    assert lab.written == ["host.allocate"] * apply.LOOKUP_ROUNDS


def test_a_connection_lost_after_the_change_is_reported_with_what_was_done(lab: Lab) -> None:
    def gone(_body: bytes) -> None:
        if lab.oned.hosts:
            raise Unreachable("refused", passing=True)

    lab.transport.before = gone
    result = lab.run(KVM1)
    assert result["changed"]
    assert result["results"][0]["msg"] == "its state afterwards is not known: refused (tried for 64 s)"


def test_what_concerns_all_hosts_is_one_error(lab: Lab) -> None:
    lab.transport.before = unreachable("no such name")
    with pytest.raises(OnedError, match="no such name"):
        lab.run(KVM1)


def test_machines_are_named_when_a_host_is_not_removed(lab: Lab) -> None:
    lab.oned.add("kvm1", vms=[10])
    lab.oned.add("lxc1", "lxc")
    lab.oned.vms = {10: "web"}
    result = lab.run({"name": "kvm1"}, {"name": "lxc1"}, state="absent")
    assert (
        result["results"][0]["msg"]
        == "host kvm1 still runs virtual machines: web (10); move or terminate them first, or set flush"
    )
    assert [r["state"] for r in result["results"]] == ["MONITORED", "ABSENT"]
    assert lab.written == ["host.delete"]


def after(polls: int, then: str) -> Callable[[ModelHost], str]:
    return lambda found: then if found.polls >= polls else "INIT"


def test_waiting_for_a_slow_host(lab: Lab) -> None:
    lab.oned.probe = after(5, "MONITORED")
    result = lab.run(KVM1)
    assert result["results"][0]["state"] == "MONITORED"
    assert lab.clock.now == 2.0 * 4


def test_not_waiting(lab: Lab) -> None:
    lab.oned.probe = after(99, "MONITORED")
    result = lab.run(KVM1, wait=False)
    assert (result["results"][0]["state"], lab.clock.now) == ("INIT", 0)


def test_waiting_has_an_end(lab: Lab) -> None:
    lab.oned.probe = after(10**6, "MONITORED")
    result = lab.run(KVM1, wait_timeout=20)
    assert (
        "it is still INIT after 20 s: oned has not probed it. Does oned know the driver kvm"
        in result["results"][0]["msg"]
    )
    assert result["results"][0]["changed"]
    assert 20 <= lab.clock.now <= 22


def fails(text: str) -> Callable[[ModelHost], str]:
    def probe(found: ModelHost) -> str:
        found.template["ERROR"] = f"Sun Nov 22 15:05:39 2026 : Error monitoring Host {found.name} ({found.id}): {text}"
        return "ERROR"

    return probe


def test_oneds_reason_is_reported_after_a_second_probe(lab: Lab) -> None:
    lab.oned.probe = fails("virsh: command not found")
    result = lab.run(KVM1, LXC1)
    assert [r["msg"] for r in result["results"]] == ["it is in ERROR: virsh: command not found"] * 2
    assert lab.written.count("host.status") == 4, "each is set offline and enabled, once"
    assert lab.clock.now < 15


def test_without_a_reason_there_is_advice(lab: Lab) -> None:
    lab.oned.probe = fails("")
    message = lab.run(KVM1)["results"][0]["msg"]
    assert "oned gives no reason" in message
    assert "ssh kvm1 in the oned pod" in message and "virsh" in message
    assert "/var/log/one/monitor.log" in message


def test_a_host_that_fails_once_is_saved_by_the_second_probe(lab: Lab) -> None:
    lab.oned.probe = lambda found: "ERROR" if found.polls < 2 else "MONITORED"
    result = lab.run(KVM1)
    assert (result["results"][0]["state"], result["results"][0]["actions"]) == ("MONITORED", ["allocate"])


@pytest.mark.parametrize("state", ["present", "enabled"])
def test_a_host_found_in_error_is_probed_once_more_and_that_is_a_change(lab: Lab, state: str) -> None:
    lab.oned.add("kvm1", state="ERROR")
    assert lab.run(KVM1, state=state, check_mode=True)["results"][0]["actions"] == ["enable"]
    result = lab.run(KVM1, state=state)
    assert (result["changed"], result["results"][0]["state"]) == (True, "MONITORED")
    assert lab.written == ["host.status", "host.status"]
    assert lab.run(KVM1, state=state)["changed"] is False


def test_a_host_that_stays_in_error_fails_after_that_one_probe(lab: Lab) -> None:
    lab.oned.add("kvm1", state="ERROR")
    lab.oned.probe = fails("no rsync")
    result = lab.run(KVM1)
    assert result["results"][0]["msg"] == "it is in ERROR: no rsync"
    assert lab.written == ["host.status", "host.status"]


def test_a_probe_that_takes_too_long_is_not_taken_for_none(lab: Lab) -> None:
    lab.oned.add("kvm1", state="ERROR")
    lab.oned.probe = after(10**6, "MONITORED")
    message = lab.run(KVM1, wait_timeout=20)["results"][0]["msg"]
    assert "another probe brought no answer within 20 s" in message and "reach MONITOR_ADDRESS" in message


def test_a_probe_that_was_cut_short_says_so(lab: Lab) -> None:
    lab.oned.add("kvm1", state="ERROR")

    def refuse(method: str, params: tuple[Any, ...]) -> None:
        if method == "one.host.status" and params[-1] == 0:
            raise Refused("Not authorized", 512)

    lab.oned.misbehave = refuse
    result = lab.run(KVM1)["results"][0]
    assert result["failed"] and result["state"] == "OFFLINE"
    assert "Not authorized" in result["msg"] and "it was left OFFLINE" in result["msg"]


def test_a_host_found_in_error_is_left_alone_without_waiting(lab: Lab) -> None:
    lab.oned.add("kvm1", state="ERROR")
    result = lab.run(KVM1, wait=False)
    assert (result["changed"], result["results"][0]["state"], result["results"][0]["failed"]) == (False, "ERROR", False)


def test_hosts_out_of_service_are_not_waited_for(lab: Lab) -> None:
    lab.oned.add("kvm1", state="DISABLED")
    lab.oned.add("lxc1", "lxc", state="OFFLINE")
    assert lab.run(KVM1, LXC1)["changed"] is False
    assert lab.clock.now == 0


def test_a_host_removed_while_waiting_fails(lab: Lab) -> None:
    def vanish(found: ModelHost) -> str:
        if found.polls == 2:
            lab.transport.before = lambda _body: lab.oned.hosts.clear()
        return "INIT"

    lab.oned.probe = vanish
    assert lab.run(KVM1)["results"][0]["msg"] == "it was removed from OpenNebula by someone else"


def test_a_connection_lost_while_waiting_fails_who_is_waited_for(lab: Lab) -> None:
    def cut(found: ModelHost) -> str:
        if found.polls == 3:
            lab.transport.before = unreachable("refused", passing=True)
        return "INIT" if found.name == "kvm1" else "MONITORED"

    lab.oned.probe = cut
    result = lab.run(KVM1, LXC1)
    assert [r["msg"] for r in result["results"]] == ["waiting for it was cut short: refused (tried for 64 s)", ""]


def test_asking_for_a_second_probe_may_fail_too(lab: Lab) -> None:
    lab.oned.probe = fails("no ruby")
    lab.oned.misbehave = once("one.host.status", Refused("Not authorized", 512))
    message = lab.run(KVM1)["results"][0]["msg"]
    assert (
        message
        == "it is in ERROR: no ruby; asking for another probe failed: one.host.status: Not authorized (code 512)"
    )


def test_renaming(lab: Lab) -> None:
    lab.oned.add("old", cluster=100)
    declared = {"name": "old", "new_name": "kvm1", "type": "kvm"}
    assert lab.run(declared, check_mode=True)["diff"]["after"]["old"]["name"] == "kvm1"
    result = lab.run(declared)
    assert (result["results"][0]["actions"], result["results"][0]["id"]) == (["rename"], 0)
    assert (lab.oned.hosts[0].name, lab.oned.hosts[0].cluster) == ("kvm1", 100)
    assert lab.run(declared)["changed"] is False
    lab.oned.add("old")
    assert lab.run(declared)["results"][0]["msg"] == "it cannot be renamed to kvm1: there is such a host already (0)"


def test_a_host_that_does_not_exist_is_registered_under_its_new_name(lab: Lab) -> None:
    assert lab.run({**KVM1, "new_name": "kvm9"})["results"][0]["actions"] == ["allocate"]
    assert [found.name for found in lab.oned.hosts.values()] == ["kvm9"]


def test_a_name_may_change_its_capitals(lab: Lab) -> None:
    lab.oned.add("kvm1")
    assert lab.run({"name": "kvm1", "new_name": "KVM1"})["results"][0]["actions"] == ["rename"]
    assert lab.oned.hosts[0].name == "KVM1"


def test_replacing_keeps_what_monitoring_wrote_and_the_labels(lab: Lab) -> None:
    lab.oned.add("kvm1", template={"NOTE": "old", "LABELS": "x", "KVM_MACHINES": "pc q35"})
    declared = {"name": "kvm1", "template": {"rack": 7}}
    result = lab.run(declared, replace=True)
    assert result["diff"]["before"]["kvm1"]["template"] == {"NOTE": "old"}
    assert result["diff"]["after"]["kvm1"]["template"] == {"RACK": "7"}
    kept = {"ARCH": "x86_64", "KVM_MACHINES": "pc q35", "LABELS": "x", "RACK": "7"}
    assert lab.oned.hosts[0].template == {**kept, "IM_MAD": "kvm", "VM_MAD": "kvm"}
    assert lab.run(declared, replace=True)["changed"] is False
    assert lab.run({"name": "kvm1"}, replace=True)["changed"] is False
    assert lab.run({"name": "kvm1", "template": {}}, replace=True)["results"][0]["actions"] == ["update"]


@pytest.mark.parametrize("state", ["disabled", "offline"])
def test_flush_moves_machines_after_the_host_is_out_of_service(lab: Lab, state: str) -> None:
    lab.oned.add("kvm1", vms=[10, 11])
    lab.oned.vms = {10: "web", 11: "db"}
    result = lab.run({"name": "kvm1"}, state=state, flush=True)
    assert result["results"][0]["actions"] == [state.removesuffix("d"), "flush"]
    assert result["diff"]["after"]["kvm1"]["vms"] == []
    assert lab.written == ["host.status", "vm.action", "vm.action"]
    assert lab.oned.hosts[0].vms == []
    assert lab.run({"name": "kvm1"}, state=state, flush=True)["changed"] is False


def test_flush_before_removal(lab: Lab) -> None:
    lab.oned.add("kvm1", vms=[10])
    lab.oned.vms = {10: "web"}
    result = lab.run({"name": "kvm1"}, state="absent", flush=True)
    assert result["results"][0]["actions"] == ["disable", "flush", "delete"]
    assert lab.written == ["host.status", "vm.action", "host.delete"]
    assert lab.oned.hosts == {}


def test_a_host_that_does_not_get_empty_is_not_removed(lab: Lab) -> None:
    lab.oned.add("kvm1", vms=[10])
    lab.oned.vms = {10: "web"}
    lab.oned.moves = lambda _vm: False
    result = lab.run({"name": "kvm1"}, state="absent", flush=True, wait_timeout=20)["results"][0]
    assert result["msg"].startswith("after 20 s these virtual machines are still on it: web (10); is there another")
    assert (result["actions"], result["state"]) == (["disable", "flush"], "DISABLED")
    assert 20 <= lab.clock.now <= 22


def test_a_machine_that_ends_while_it_is_flushed_is_no_failure(lab: Lab) -> None:
    lab.oned.add("kvm1", vms=[10])

    def ends(method: str, _params: tuple[Any, ...]) -> None:
        if method == "one.vm.action":
            lab.oned.hosts[0].vms = []

    lab.oned.misbehave = ends
    result = lab.run({"name": "kvm1"}, state="absent", flush=True)
    assert (result["results"][0]["actions"], result["results"][0]["failed"]) == (["disable", "delete"], False)


def test_a_connection_lost_while_emptying_removes_nothing(lab: Lab) -> None:
    lab.oned.add("kvm1", vms=[10])
    lab.oned.vms = {10: "web"}

    def cut(vm: int) -> bool:
        lab.transport.before = unreachable("refused")
        return False

    lab.oned.moves = cut
    result = lab.run({"name": "kvm1"}, state="absent", flush=True)["results"][0]
    assert result["msg"] == (
        "waiting for its virtual machines to move was cut short: refused (tried for 64 s); done: disable, flush; "
        "not done: delete"
    )
    assert "delete" not in result["actions"]


def test_purge_removes_who_is_not_listed_and_runs_nothing(lab: Lab) -> None:
    for name, vms in (("kvm1", []), ("old", []), ("busy", [10])):
        lab.oned.add(name, vms=vms)
    lab.oned.vms = {10: "web"}
    result = lab.run(KVM1, purge=True)
    assert [(r["name"], r["actions"], r["failed"]) for r in result["results"]] == [
        ("kvm1", [], False),
        ("busy", [], True),
        ("old", ["delete"], False),
    ]
    assert "busy still runs virtual machines: web (10)" in result["results"][1]["msg"]
    assert lab.run(KVM1, purge=True, flush=True)["results"][1]["actions"] == ["disable", "flush", "delete"]
    assert [found.name for found in lab.oned.hosts.values()] == ["kvm1"]


def test_a_lost_answer_to_a_purge_is_looked_up(lab: Lab) -> None:
    lab.oned.add("kvm1")
    lab.oned.add("old")
    lab.oned.lose = once("one.host.delete", NoAnswer("lost"))
    result = lab.run(KVM1, purge=True)["results"][1]
    assert (result["name"], result["actions"], result["failed"], result["state"]) == (
        "old",
        ["delete"],
        False,
        "ABSENT",
    )


@pytest.mark.parametrize(
    ("hosts", "options", "reason"),
    [
        ([], {"purge": True}, "purge with an empty list would remove every host: list at least one"),
        ([KVM1], {"purge": True, "state": "absent"}, "purge removes the hosts that are not listed"),
        ([KVM1], {"flush": True}, "it does not go with state present"),
        ([{**KVM1, "new_name": "a1"}], {"state": "absent"}, "host kvm1: new_name does not go with state absent"),
        ([{**KVM1, "new_name": "a b"}], {}, "host name 'a b' is not possible"),
        ([{**KVM1, "new_name": "LXC1"}, LXC1], {}, "listed more than once"),
    ],
)
def test_options_that_contradict_each_other(
    lab: Lab, hosts: list[dict[str, Any]], options: dict[str, Any], reason: str
) -> None:
    lab.oned.add("kvm1")
    with pytest.raises(OnedError, match=reason):
        lab.run(*hosts, **options)
    assert lab.written == []


def test_secrets_are_hidden_in_the_diff_but_their_change_is_not(lab: Lab) -> None:
    lab.run({**KVM1, "template": {"BMC_PASSWORD": "s3cr3t", "IPMI": {"TOKEN": "s3cr3t"}}})
    result = lab.run({**KVM1, "template": {"BMC_PASSWORD": "n3w", "IPMI": {"TOKEN": "n3w"}}})
    assert not any(secret in str(result) for secret in ("s3cr3t", "n3w"))
    assert result["diff"]["before"]["kvm1"]["template"] != result["diff"]["after"]["kvm1"]["template"]
