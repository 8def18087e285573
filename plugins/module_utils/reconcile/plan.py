# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and progress as data: check mode reports a plan, diff mode shows it, apply executes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

# Placeholder in the parameters of a change for the id of the object, which is unknown before it is allocated.
OWN_ID = object()
# Changes are applied in the order of their stages: allocate, which gives the id, comes first, delete last.
ALLOCATE, CHANGE, LATER, DELETE = range(4)


@dataclass(frozen=True)
class Change:
    """One call that changes something.

    action: a short name for it, shared by calls that only make sense together. stage: ALLOCATE, CHANGE, LATER, DELETE.
    not_idempotent: oned executes it a second time if another client made the same change a moment earlier. ends: it
    completes an earlier change of the same action, so it is needed even if the object already looks as desired.
    """

    action: str
    method: str
    params: tuple[Any, ...]
    stage: int = CHANGE
    not_idempotent: bool = False
    ends: bool = False

    @property
    def needs_id(self) -> bool:
        return OWN_ID in self.params

    def call(self, own_id: int | None) -> Call:
        """The call for the object with this id. Raises ValueError if an id is needed and None is given."""
        if own_id is None and self.needs_id:
            raise ValueError(f"{self.action} needs an id")
        return Call(self.method, tuple(own_id if p is OWN_ID else p for p in self.params))


@dataclass(frozen=True)
class ItemPlan:
    """The plan for one object.

    changes: in order, empty if the object is in the desired state. problem: why nothing can be done.
    before, after: the managed attributes, for diff mode; None stands for "does not exist".
    """

    name: str
    id: int | None = None
    changes: tuple[Change, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    problem: str | None = None

    @property
    def actions(self) -> list[str]:
        return list(dict.fromkeys(change.action for change in sorted(self.changes, key=lambda change: change.stage)))


@dataclass
class Progress:
    """The progress of one object.

    planned: actions in order. done: actions that oned has executed, in order. created: whether it was allocated in this
    run.
    """

    name: str
    id: int | None = None
    planned: Sequence[str] = ()
    done: list[str] = field(default_factory=list)
    problem: str | None = None
    state: str | None = None
    created: bool = False

    def fail(self, problem: str) -> None:
        if self.problem is None:
            self.problem = problem

    def did(self, action: str) -> None:
        if action not in self.done:
            self.done.append(action)

    @property
    def message(self) -> str:
        """The problem, with the actions done and not done."""
        undone = [action for action in self.planned if action not in self.done]
        if self.problem is None or not undone:
            return self.problem or ""
        done = f"; done: {', '.join(self.done)}" if self.done else ""
        return f"{self.problem}{done}; not done: {', '.join(undone)}"

    def result(self) -> dict[str, Any]:
        """The entry of a module's `results`."""
        return {
            "name": self.name,
            "id": self.id,
            "state": self.state,
            "changed": bool(self.done),
            "actions": list(self.done),
            "failed": self.problem is not None,
            "msg": self.message,
        }


# The progress of each object, by name.
Items = dict[str, Progress]


def failure(kind_name: str, results: Iterable[dict[str, Any]]) -> str | None:
    """One sentence with the failed objects, grouped by reason. None if none failed."""
    entries = list(results)
    reasons: dict[str, list[str]] = {}
    for entry in entries:
        if entry["failed"]:
            reasons.setdefault(entry["msg"], []).append(entry["name"])
    if not reasons:
        return None
    count = sum(map(len, reasons.values()))
    listed = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    return f"{count} of {len(entries)} {kind_name}s failed: {listed}"
