# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads oned's pools, carries a plan out, and looks again where an answer was lost: the same for every noun."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import diff
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import NOT_FOUND, NoAnswer, OnedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import DELETE, Change, ItemPlan, Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call, Client

# A write without an answer may still be committed: look this often, with this many seconds in between.
ROUNDS = 4
SETTLE_SECONDS = 2.0
Doubts = list[tuple[Change, OnedError]]
Items = dict[str, Progress]
# oned's words when someone else made the same change a moment earlier.
_FASTER = re.compile(
    r"already taken|already exists|already in this group|is (already|not) an administrator|because it collides with"
)
W = TypeVar("W")


class Noun(Protocol[W]):
    """What the engine has to know of one kind of object. Holds what the user asked for; W is what oned answered."""

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""

    def check_wishes(self) -> None:
        """Raises SetupError for mistakes that can be told without oned."""

    def read(self, client: Client) -> W:
        """The pools the plan needs, in as few requests as can be. Raises OnedError."""

    def check(self, world: W) -> None:
        """Raises SetupError with every mistake that can be told before anything is changed."""

    def plan(self, world: W) -> list[ItemPlan]:
        """What is to be done, one ItemPlan per wanted object, in order. Pure."""

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        """Wait for what has to be over before an object may go; what does not come about is noted in its item."""

    def finish(self, client: Client, world: W, plans: Sequence[ItemPlan], items: Items) -> W:
        """Wait until the objects are usable, if that was asked for. Returns the pools as last seen."""

    def must_look(self, change: Change, error: OnedError) -> bool:
        """Whether this noun knows that after such a failure the object may yet be as wanted."""

    def state_of(self, world: W, item_id: int) -> str | None:
        """The state of an object in oned's words; None when there is none of this id."""


def answers(client: Client, calls: Sequence[Call]) -> list[Any]:
    """Several reads in one request, all of which have to succeed. Raises OnedError."""
    outcomes = client.read_many(calls)
    for outcome in outcomes:
        if isinstance(outcome, OnedError):
            raise outcome
    return outcomes


def ensure(client: Client, noun: Noun[W], *, check_mode: bool) -> dict[str, Any]:
    """Bring the objects into the wanted state. Returns changed, results and diff as a module gives them.

    Raises OnedError for what concerns all objects; what concerns one stands in its entry of `results`.
    """
    noun.check_wishes()
    if noun.empty:
        return {"changed": False, "results": [], "diff": diff.of([])}
    world = noun.read(client)
    noun.check(world)
    plans = noun.plan(world)
    items = {plan.name: Progress(plan.name, plan.id, problem=plan.problem) for plan in plans}
    if check_mode:
        for plan in plans:
            items[plan.name].done = plan.actions
    else:
        world = _carry_out(client, noun, world, plans, items)
        world = noun.finish(client, world, plans, items)
    for item in items.values():
        item.state = (None if item.id is None else noun.state_of(world, item.id)) or "ABSENT"
    results = [item.result() for item in items.values()]
    return {"changed": any(result["changed"] for result in results), "results": results, "diff": diff.of(plans)}


def _carry_out(client: Client, noun: Noun[W], world: W, plans: Sequence[ItemPlan], items: Items) -> W:
    """Execute the plans, failures staying with their object. Returns the pools as they are afterwards."""
    todo = [plan for plan in plans if plan.changes]
    unsure: dict[str, Doubts] = {}
    for _round in range(ROUNDS):
        if not todo:
            return world
        unsure = _execute(client, noun, todo, items)
        if any(isinstance(error, NoAnswer) for doubts in unsure.values() for _change, error in doubts):
            client.sleep(SETTLE_SECONDS)
        try:
            world = noun.read(client)
        except OnedError as error:
            for plan in todo:
                items[plan.name].fail(f"its state afterwards is not known: {error}")
            return world
        # Looked up before repeated: what is done no longer stands in the new plan.
        todo = _again(noun, world, unsure) if unsure else []
        for plan in todo:
            _settle(items[plan.name], plan, unsure[plan.name])
        todo = [plan for plan in todo if plan.changes and items[plan.name].problem is None]
    for plan in todo:
        items[plan.name].fail(str(unsure[plan.name][-1][1]))
    return world


def _again(noun: Noun[W], world: W, names: Collection[str]) -> list[ItemPlan]:
    """New plans for these objects; an object that was to go because nobody listed it may be gone from them."""
    plans = {plan.name: plan for plan in noun.plan(world)}
    return [plans.get(name, ItemPlan(name)) for name in names]


def _settle(item: Progress, plan: ItemPlan, doubts: Doubts) -> None:
    item.id = plan.id if plan.id is not None else item.id
    for change, error in doubts:
        if isinstance(error, NoAnswer) and change.action not in plan.actions:
            item.did(change.action)
    if plan.problem is not None:
        item.fail(plan.problem)


def _execute(client: Client, noun: Noun[W], plans: Sequence[ItemPlan], items: Items) -> dict[str, Doubts]:
    """Make the calls, stage by stage: within one, oned may see them in any order. Returns what must be looked up."""
    unsure: dict[str, Doubts] = {}
    stages = sorted({change.stage for plan in plans for change in plan.changes} | {DELETE})
    for stage in stages:
        if stage == DELETE:
            noun.before_delete(client, [plan for plan in plans if plan.name not in unsure], items)
        due = [
            (plan.name, change)
            for plan in plans
            for change in plan.changes
            if change.stage == stage and items[plan.name].problem is None and plan.name not in unsure
        ]
        outcomes = client.write_many([change.call(items[name].id) for name, change in due]) if due else []
        for (name, change), outcome in zip(due, outcomes, strict=True):
            item = items[name]
            if not isinstance(outcome, OnedError):
                item.did(change.action)
                if change.action == "allocate":
                    item.id = int(outcome)
            elif _must_look(change, outcome) or noun.must_look(change, outcome):
                unsure.setdefault(name, []).append((change, outcome))
            else:
                item.fail(str(outcome))
    return unsure


def _must_look(change: Change, error: OnedError) -> bool:
    """Whether the failure may mean that the thing is as wanted: no answer, or someone else was faster."""
    if isinstance(error, NoAnswer):
        return True
    return _FASTER.search(error.message) is not None or (change.action == "delete" and error.code == NOT_FOUND)
