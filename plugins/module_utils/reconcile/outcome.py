# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what oned holds after a run with what was asked for.

oned accepts some values and stores others: it fills in, rewrites or drops attributes (src/vnm, src/datastore, src/image
and src/hm of OpenNebula 6.10). What it does by a known rule is part of the desired state: `normal_forms` and
`oned_attributes` of a resource kind. Anything else is the failure of that object, with both values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import ItemPlan, Items, Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.protocol import Resources, W


def remaining(resources: Resources[W], observed: W, plans: Sequence[ItemPlan], items: Items) -> list[ItemPlan]:
    """The plans, made again, of the objects that were changed in this run without a problem."""
    changed = {plan.name for plan in plans if items[plan.name].done and items[plan.name].problem is None}
    return [plan for plan in resources.plan(observed) if plan.name in changed] if changed else []


def unfinished(again: Sequence[ItemPlan], items: Items) -> list[ItemPlan]:
    """Objects that were created in this run and still differ: oned takes some attributes in an update only."""
    return [plan for plan in again if items[plan.name].created and _differs(plan, items[plan.name])]


def gone(again: Sequence[ItemPlan], items: Items) -> bool:
    """Whether an object that was created in this run is not listed."""
    return any(_is_gone(plan, items[plan.name]) for plan in again)


def conclude(again: Sequence[ItemPlan], items: Items) -> None:
    """Fail the objects that are not in the desired state."""
    for plan in again:
        item = items[plan.name]
        if _is_gone(plan, item):
            item.fail(f"it was created with the id {item.id}, and is gone: somebody else has removed it")
        elif _differs(plan, item) and "delete" not in plan.actions:
            kept = "; ".join(_differences(plan.before or {}, plan.after or {}))
            item.fail(f"oned has accepted the changes, but {kept or 'still needs: ' + ', '.join(plan.actions)}")


def _is_gone(plan: ItemPlan, item: Progress) -> bool:
    # A plan with a problem tells of a duplicate that another run has made, and will remove.
    return item.created and plan.id is None and plan.problem is None


def _differs(plan: ItemPlan, item: Progress) -> bool:
    """Whether the object of this run, and not another one of its name, still needs changes."""
    return bool(plan.changes) and plan.id is not None and plan.id == item.id


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """A clause for each attribute that oned holds otherwise than asked for, secrets masked."""
    kept, asked = _flat(secrets.masked(before)), _flat(secrets.masked(after, before))
    for name, value in asked.items():
        if kept.get(name) != value:
            yield f"keeps {_text(kept.get(name))} as {name} where {_text(value)} was asked for"
    for name, value in kept.items():
        if name not in asked:
            yield f"keeps {_text(value)} as {name}, which was to go"


def _flat(attributes: dict[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in attributes.items() if key != "template"}
    return {**options, **attributes.get("template", {})}


def _text(value: Any) -> str:
    return "nothing" if value in (None, "", []) else repr(value) if isinstance(value, str) else str(value)
