# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies plans while other clients may change the same objects, over connections that may break.

A change is unconfirmed when its outcome is not certain: a call without an answer may have been executed, a refused call
may have been made by another client a moment earlier, and while its database cannot be reached oned refuses what it
accepts a moment later. So unconfirmed changes are looked up before they are repeated or reported. A refusal is final
when oned gives it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    DELETE,
    Change,
    ItemPlan,
    Items,
    Progress,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.protocol import Resources
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import (
    NoAnswer,
    OnedError,
    Persistent,
    Unreachable,
)

# A write without an answer may still be committed: look it up this often, with this many seconds in between.
LOOKUP_ROUNDS = 4
LOOKUP_SECONDS = 2.0
# Changes to look up, each with its error or None. Evaluated when the module is loaded: Python 3.9 has no | for types.
Unconfirmed = list[tuple[Change, Optional[OnedError]]]  # noqa: UP045
Plans = Mapping[str, ItemPlan]
W = TypeVar("W", bound=Any)


def apply_plans(client: Client, resources: Resources[W], observed: W, plans: Sequence[ItemPlan], items: Items) -> W:
    """Apply the plans. A failure concerns only its object. Returns the observed state afterwards."""
    known = frozenset(observed.pool.by_id)
    todo = [plan for plan in plans if plan.changes]
    before: Mapping[str, Unconfirmed] = {}
    for number in range(LOOKUP_ROUNDS):
        if not todo:
            break
        unconfirmed = _execute(client, resources, todo, items)
        if any(isinstance(error, NoAnswer) for entry in unconfirmed.values() for _change, error in entry):
            client.sleep(LOOKUP_SECONDS)
        try:
            observed, now = _look_up(client, resources, known, unconfirmed, items)
        except OnedError as error:
            for plan in todo:
                items[plan.name].fail(f"its state afterwards is not known: {error}")
            break
        todo = [_remaining(name, now, unconfirmed[name]) for name in unconfirmed]
        for plan in todo:
            _conclude(
                items[plan.name],
                plan,
                unconfirmed[plan.name],
                before.get(plan.name, []),
                last=number == LOOKUP_ROUNDS - 1,
            )
        todo = [plan for plan in todo if plan.changes and items[plan.name].problem is None]
        before = unconfirmed
    return observed


def _execute(
    client: Client, resources: Resources[W], plans: Sequence[ItemPlan], items: Items
) -> dict[str, Unconfirmed]:
    """Make the calls stage by stage; within a stage oned may see them in any order. Returns the unconfirmed changes."""
    unconfirmed: dict[str, Unconfirmed] = {}
    stages = sorted({change.stage for plan in plans for change in plan.changes} | {DELETE})
    for stage in stages:
        valid = [plan for plan in plans if not any(error for _change, error in unconfirmed.get(plan.name, []))]
        if stage == DELETE:
            resources.before_delete(client, valid, items)
        due = [
            (plan.name, change)
            for plan in valid
            for change in plan.changes
            if change.stage == stage and items[plan.name].problem is None
        ]
        outcomes = client.write_many([change.call(items[name].id) for name, change in due]) if due else []
        for (name, change), outcome in zip(due, outcomes, strict=True):
            item = items[name]
            if isinstance(outcome, (Unreachable, Persistent)):
                item.fail(str(outcome))
            elif isinstance(outcome, OnedError):
                unconfirmed.setdefault(name, []).append((change, outcome))
            else:
                item.did(change.action)
                if change.action == "allocate":
                    item.id, item.created = int(outcome), True
                if change.not_idempotent:
                    unconfirmed.setdefault(name, []).append((change, None))
    return unconfirmed


def _look_up(
    client: Client, resources: Resources[W], known: Collection[int], unconfirmed: dict[str, Unconfirmed], items: Items
) -> tuple[W, Plans]:
    """Observe again, remove duplicates, and plan again for the objects with unconfirmed changes.

    oned 6.10.0.1 checks whether a name is free and then takes it, so two calls at the same moment may both succeed
    (seen for hosts, datastores, templates, marketplaces and hooks). The object with the lowest id stays. Each client
    removes the duplicate that it created.
    """
    observed = resources.read(client)
    created = {name: item for name, item in items.items() if item.created and item.problem is None}
    duplicates = [
        (name, item.id)
        for name, item in created.items()
        if item.id and observed.pool.older_duplicate(item.id) is not None
    ]
    replaced = [name for name, item in created.items() if item.id not in observed.pool.by_id]
    now = _plans(resources, observed, known) if unconfirmed or replaced else {}
    for name, entry in unconfirmed.items():
        oldest = now[name].id if name in now else None
        if oldest is not None and any(c.action == "allocate" and isinstance(e, NoAnswer) for c, e in entry):
            duplicates += [
                (name, newer.id) for newer in observed.pool.newer_duplicates(oldest) if newer.id not in known
            ]
    if duplicates:
        client.write_many([resources.removal(number) for _name, number in duplicates])
        observed = resources.read(client)
        now = _plans(resources, observed, known)
    for name, number in duplicates:
        if number in observed.pool.by_id:
            items[name].fail(
                f"someone else registered it at the same moment, and the duplicate {number} cannot be removed"
            )
    for name in dict.fromkeys([*replaced, *(name for name, _number in duplicates)]):
        # If there is no older object with that name, oned just does not list the new one yet.
        if name in created and now[name].id is not None and items[name].problem is None:
            items[name].done, items[name].created = [], False
            unconfirmed.setdefault(name, [])
    return observed, now


def _plans(resources: Resources[W], observed: W, known: Collection[int]) -> Plans:
    return {plan.name: plan for plan in resources.plan(observed.without_new_duplicates(known))}


def _remaining(name: str, now: Plans, unconfirmed: Unconfirmed) -> ItemPlan:
    """The changes that are still needed for an object."""
    # After purge has removed a host, there is no plan for it.
    plan = now.get(name, ItemPlan(name))
    unfinished = [
        change for change, error in unconfirmed if change.ends and error is not None and change not in plan.changes
    ]
    return replace(plan, changes=(*plan.changes, *unfinished)) if unfinished else plan


def _conclude(item: Progress, plan: ItemPlan, unconfirmed: Unconfirmed, before: Unconfirmed, *, last: bool) -> None:
    """Confirm or fail the unconfirmed changes of an object, depending on which changes are still needed.

    before: the unconfirmed changes of the round before. last: whether this is the last round.
    """
    item.id = plan.id if plan.id is not None else item.id
    for change, error in unconfirmed:
        if isinstance(error, NoAnswer) and change.action not in plan.actions:
            item.did(change.action)
        if _is_refusal(error) and change in plan.changes and any(c == change and _is_refusal(e) for c, e in before):
            item.fail(str(error))
    if plan.problem is not None:
        item.fail(plan.problem)
    if last and plan.changes:
        errors = [error for _change, error in unconfirmed if error is not None]
        item.fail(str(errors[-1]) if errors else "someone else keeps changing it")


def _is_refusal(error: OnedError | None) -> bool:
    return error is not None and not isinstance(error, NoAnswer)
