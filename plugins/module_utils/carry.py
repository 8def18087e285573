# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries plans out among others who may do the same, over connections that may break.

What went wrong is looked up before it is repeated or reported: a call without an answer may have been carried out, one
that oned refused may have been made by someone else a moment earlier, and when its database goes, oned refuses in words
of any kind what it takes a moment later. A refusal counts when it is given twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import (
    NoAnswer,
    OnedError,
    Persistent,
    Unreachable,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import DELETE, Change, ItemPlan, Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Client

if TYPE_CHECKING:
    from ansible_collections.kubenebula.opennebula.plugins.module_utils.engine import Items, Noun

# A write without an answer may still be committed: look this often, with this many seconds in between.
ROUNDS = 4
SETTLE_SECONDS = 2.0
# Changes to look at again, and what went wrong; None when nothing did.
# Evaluated when the module is loaded, where Python 3.9 has no | for types.
Doubts = list[tuple[Change, Optional[OnedError]]]  # noqa: UP045
Plans = Mapping[str, ItemPlan]
W = TypeVar("W", bound=Any)


def out(client: Client, noun: Noun[W], world: W, plans: Sequence[ItemPlan], items: Items) -> W:
    """Execute the plans, failures staying with their object. Returns the pools as they are afterwards."""
    known = frozenset(world.pool.by_id)
    todo = [plan for plan in plans if plan.changes]
    before: Mapping[str, Doubts] = {}
    for number in range(ROUNDS):
        if not todo:
            break
        doubts = _execute(client, noun, todo, items)
        if any(isinstance(error, NoAnswer) for entry in doubts.values() for _change, error in entry):
            client.sleep(SETTLE_SECONDS)
        try:
            world, now = _look(client, noun, known, doubts, items)
        except OnedError as error:
            for plan in todo:
                items[plan.name].fail(f"its state afterwards is not known: {error}")
            break
        todo = [_again(name, now, doubts[name]) for name in doubts]
        for plan in todo:
            _settle(items[plan.name], plan, doubts[plan.name], before.get(plan.name, []), last=number == ROUNDS - 1)
        todo = [plan for plan in todo if plan.changes and items[plan.name].problem is None]
        before = doubts
    return world


def _execute(client: Client, noun: Noun[W], plans: Sequence[ItemPlan], items: Items) -> dict[str, Doubts]:
    """Make the calls, stage by stage: within one, oned may see them in any order. Returns what must be looked up."""
    doubts: dict[str, Doubts] = {}
    stages = sorted({change.stage for plan in plans for change in plan.changes} | {DELETE})
    for stage in stages:
        sound = [plan for plan in plans if not any(error for _change, error in doubts.get(plan.name, []))]
        if stage == DELETE:
            noun.before_delete(client, sound, items)
        due = [
            (plan.name, change)
            for plan in sound
            for change in plan.changes
            if change.stage == stage and items[plan.name].problem is None
        ]
        outcomes = client.write_many([change.call(items[name].id) for name, change in due]) if due else []
        for (name, change), outcome in zip(due, outcomes, strict=True):
            item = items[name]
            if isinstance(outcome, (Unreachable, Persistent)):
                item.fail(str(outcome))
            elif isinstance(outcome, OnedError):
                doubts.setdefault(name, []).append((change, outcome))
            else:
                item.did(change.action)
                if change.action == "allocate":
                    item.id, item.born = int(outcome), True
                if change.doubles:
                    doubts.setdefault(name, []).append((change, None))
    return doubts


def _look(
    client: Client, noun: Noun[W], known: Collection[int], doubts: dict[str, Doubts], items: Items
) -> tuple[W, Plans]:
    """The pools, and plans for what is in doubt. What was registered twice is so no longer, and joins the doubts.

    oned 6.10.0.1 looks whether a name is there and then takes it, so of two calls at the same moment both may succeed
    (seen for hosts, datastores, templates, marketplaces and hooks). The lowest id stays: who has a higher one sees it.
    """
    world = noun.read(client)
    born = {name: item for name, item in items.items() if item.born and item.problem is None}
    doubles = [(name, item.id) for name, item in born.items() if item.id and world.pool.elder(item.id) is not None]
    replaced = [name for name, item in born.items() if item.id not in world.pool.by_id]
    now = _plans(noun, world, known) if doubts or replaced else {}
    for name, entry in doubts.items():
        elder = now[name].id if name in now else None
        if elder is not None and any(c.action == "allocate" and isinstance(e, NoAnswer) for c, e in entry):
            doubles += [(name, younger.id) for younger in world.pool.youngers(elder) if younger.id not in known]
    if doubles:
        client.write_many([noun.removal(number) for _name, number in doubles])
        world = noun.read(client)
        now = _plans(noun, world, known)
    for name, number in doubles:
        if number in world.pool.by_id:
            items[name].fail(f"someone else registered it at the same moment, and the double {number} does not go")
    for name in dict.fromkeys([*replaced, *(name for name, _number in doubles)]):
        # Without an elder it is only that this oned does not know it yet.
        if name in born and now[name].id is not None and items[name].problem is None:
            items[name].done, items[name].born = [], False
            doubts.setdefault(name, [])
    return world, now


def _plans(noun: Noun[W], world: W, known: Collection[int]) -> Plans:
    return {plan.name: plan for plan in noun.plan(world.elders(known))}


def _again(name: str, now: Plans, doubts: Doubts) -> ItemPlan:
    """What is left to do about an object."""
    # One that was to go because nobody listed it may be gone from the plans.
    plan = now.get(name, ItemPlan(name))
    left = [change for change, error in doubts if change.ends and error is not None and change not in plan.changes]
    return replace(plan, changes=(*plan.changes, *left)) if left else plan


def _settle(item: Progress, plan: ItemPlan, doubts: Doubts, before: Doubts, *, last: bool) -> None:
    """Draw the conclusions from how an object looks after changes that are in doubt.

    before: what was in doubt a round earlier. last: whether there is no further round.
    """
    item.id = plan.id if plan.id is not None else item.id
    for change, error in doubts:
        if isinstance(error, NoAnswer) and change.action not in plan.actions:
            item.did(change.action)
        if _is_refusal(error) and change in plan.changes and any(c == change and _is_refusal(e) for c, e in before):
            item.fail(str(error))
    if plan.problem is not None:
        item.fail(plan.problem)
    if last and plan.changes:
        errors = [error for _change, error in doubts if error is not None]
        item.fail(str(errors[-1]) if errors else "someone else keeps changing it")


def _is_refusal(error: OnedError | None) -> bool:
    return error is not None and not isinstance(error, NoAnswer)
