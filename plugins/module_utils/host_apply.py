# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads oned's pools, carries a plan for hosts out, and waits until the hosts are monitored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import cluster as clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils import diff, host_plan, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils import host as nouns
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import NOT_FOUND, NoAnswer, OnedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host import HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host_plan import World
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host_wait import Waiter
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import Change, ItemPlan, Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call, Client

VM_POOL = "one.vmpool.info"
# A write without an answer may still be committed: look this often, with this many seconds in between.
ROUNDS = 4
SETTLE_SECONDS = 2.0
Doubts = list[tuple[Change, OnedError]]


@dataclass(frozen=True)
class Wanted:
    """What the module was asked for. wait_timeout: seconds for all hosts together."""

    specs: Sequence[HostSpec]
    state: str = "present"
    wait: bool = True
    wait_timeout: float = 300.0

    @property
    def waits(self) -> bool:
        return self.wait and self.state in ("present", "enabled")

    def plan(self, world: World, specs: Sequence[HostSpec] | None = None) -> list[ItemPlan]:
        return host_plan.plan(self.specs if specs is None else specs, world, self.state, probe_again=self.waits)


def read_world(client: Client, wanted: Wanted) -> World:
    """The pools the plan needs, in one request: hosts, and clusters only if one is named."""
    calls = [Call(nouns.POOL)]
    if wanted.state != "absent" and any(spec.cluster is not None for spec in wanted.specs):
        calls.append(Call(clusters.POOL))
    answers = client.read_many(calls)
    for answer in answers:
        if isinstance(answer, OnedError):
            raise answer
    hosts = nouns.from_pool(answers[0])
    known = clusters.from_pool(answers[1]) if len(answers) > 1 else []
    return World(hosts, known, _vm_names(client, wanted, hosts))


def _vm_names(client: Client, wanted: Wanted, hosts: Sequence[nouns.Host]) -> dict[int, str]:
    """Names of virtual machines, asked for only when a host that is to be removed still runs some."""
    names = {spec.name.casefold() for spec in wanted.specs}
    if wanted.state != "absent" or not any(host.vms for host in hosts if host.name.casefold() in names):
        return {}
    machines = xml.objects(client.read(VM_POOL, -2, -1, -1, -1), "VM", VM_POOL)
    return {xml.number(vm, "ID"): xml.text(vm, "NAME") for vm in machines}


def ensure(client: Client, wanted: Wanted, *, check_mode: bool) -> dict[str, Any]:
    """Bring the hosts into the wanted state. Returns changed, results and diff as the module gives them.

    Raises OnedError for what concerns all hosts; what concerns one host stands in its entry of `results`.
    """
    host_plan.check_names(wanted.specs)
    if not wanted.specs:
        return {"changed": False, "results": [], "diff": diff.of([])}
    world = read_world(client, wanted)
    host_plan.check(wanted.specs, world, wanted.state)
    plans = wanted.plan(world)
    progress = {plan.name: Progress(plan.name, plan.id, problem=plan.problem) for plan in plans}
    if check_mode:
        for plan in plans:
            progress[plan.name].done = plan.actions
    else:
        world = _carry_out(client, wanted, world, plans, progress)
        if wanted.waits:
            world = Waiter(client, wanted.wait_timeout).wait(world, progress.values(), _probed(plans))
    for item in progress.values():
        item.state = _state(world, item)
    results = [item.result() for item in progress.values()]
    return {"changed": any(result["changed"] for result in results), "results": results, "diff": diff.of(plans)}


def _probed(plans: Sequence[ItemPlan]) -> set[str]:
    """Hosts whose one extra probe was part of the plan already."""
    return {plan.name for plan in plans if plan.id is not None and "enable" in plan.actions}


def _state(world: World, item: Progress) -> str:
    host = None if item.id is None else world.by_id.get(item.id)
    return "ABSENT" if host is None else host.state


def _carry_out(
    client: Client, wanted: Wanted, world: World, plans: Sequence[ItemPlan], progress: dict[str, Progress]
) -> World:
    """Execute the plans, failures staying with their host. Returns the pools as they are afterwards."""
    specs = {spec.name: spec for spec in wanted.specs}
    todo = [plan for plan in plans if plan.changes]
    for _round in range(ROUNDS):
        if not todo:
            return world
        unsure = _execute(client, todo, progress)
        if any(isinstance(error, NoAnswer) for doubts in unsure.values() for _change, error in doubts):
            client.sleep(SETTLE_SECONDS)
        try:
            world = read_world(client, wanted)
        except OnedError as error:
            for plan in todo:
                progress[plan.name].fail(f"its state afterwards is not known: {error}")
            return world
        # Looked up before repeated: what is done no longer stands in the new plan.
        todo = wanted.plan(world, [specs[name] for name in unsure])
        for plan in todo:
            _settle(progress[plan.name], plan, unsure[plan.name])
        todo = [plan for plan in todo if plan.changes and progress[plan.name].problem is None]
    for plan in todo:
        progress[plan.name].fail(str(unsure[plan.name][-1][1]))
    return world


def _settle(item: Progress, plan: ItemPlan, doubts: Doubts) -> None:
    item.id = plan.id if plan.id is not None else item.id
    for change, error in doubts:
        if isinstance(error, NoAnswer) and change.action not in plan.actions:
            item.done.append(change.action)
    if plan.problem is not None:
        item.fail(plan.problem)


def _execute(client: Client, plans: Sequence[ItemPlan], progress: dict[str, Progress]) -> dict[str, Doubts]:
    """Make the calls: those that give or end an id first, then the rest. Returns the hosts that must be looked up."""
    unsure: dict[str, Doubts] = {}
    for first in (True, False):
        due = [
            (plan.name, change)
            for plan in plans
            for change in plan.changes
            if (change.action in ("allocate", "delete")) == first
            and progress[plan.name].problem is None
            and plan.name not in unsure
        ]
        outcomes = client.write_many([change.call(progress[name].id) for name, change in due])
        for (name, change), outcome in zip(due, outcomes, strict=True):
            item = progress[name]
            if not isinstance(outcome, OnedError):
                item.done.append(change.action)
                if change.action == "allocate":
                    item.id = int(outcome)
            elif _must_look(change, outcome):
                unsure.setdefault(name, []).append((change, outcome))
            else:
                item.fail(str(outcome))
    return unsure


def _must_look(change: Change, error: OnedError) -> bool:
    """Whether the failure may mean that the thing is as wanted: no answer, or someone else was faster."""
    if isinstance(error, NoAnswer):
        return True
    if change.action == "allocate":
        return "already taken" in error.message
    return change.action == "delete" and error.code == NOT_FOUND
