# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module is going to do, as data: check mode reports it, diff mode shows it, apply carries it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call

# Stands in a change's parameters for the id of the object itself, which is not known before it is allocated.
OWN_ID = object()
# Changes are carried out in the order of their stages: what gives an id first, what ends it last.
ALLOCATE, CHANGE, LATER, DELETE = range(4)


@dataclass(frozen=True)
class Change:
    """One call that changes something.

    action: a short word for it; calls that only make sense together share one. stage: ALLOCATE, CHANGE, LATER, DELETE.
    """

    action: str
    method: str
    params: tuple[Any, ...]
    stage: int = CHANGE

    @property
    def needs_id(self) -> bool:
        return OWN_ID in self.params

    def call(self, own_id: int | None) -> Call:
        """The call, for the object with this id. Raises ValueError when an id is needed and None is given."""
        if own_id is None and self.needs_id:
            raise ValueError(f"{self.action} needs an id")
        return Call(self.method, tuple(own_id if p is OWN_ID else p for p in self.params))


@dataclass(frozen=True)
class ItemPlan:
    """What is to be done about one object.

    changes: in order; empty when it is as wanted. problem: why nothing can be done about it.
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
    """What became of one object. done: the actions oned has carried out, in order."""

    name: str
    id: int | None = None
    done: list[str] = field(default_factory=list)
    problem: str | None = None
    state: str | None = None

    def fail(self, problem: str) -> None:
        if self.problem is None:
            self.problem = problem

    def did(self, action: str) -> None:
        if action not in self.done:
            self.done.append(action)

    def result(self) -> dict[str, Any]:
        """The entry of a module's `results`."""
        return {
            "name": self.name,
            "id": self.id,
            "state": self.state,
            "changed": bool(self.done),
            "actions": list(self.done),
            "failed": self.problem is not None,
            "msg": self.problem or "",
        }


def failure(noun: str, results: Iterable[dict[str, Any]]) -> str | None:
    """One sentence naming each failed object and its reason; None when none failed."""
    entries = list(results)
    failed = [entry for entry in entries if entry["failed"]]
    if not failed:
        return None
    reasons = "; ".join(f"{entry['name']}: {entry['msg']}" for entry in failed)
    return f"{len(failed)} of {len(entries)} {noun}s failed: {reasons}"
