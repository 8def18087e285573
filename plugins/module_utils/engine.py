# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads oned's pools, has a plan carried out, and tells what became of it: the same for every noun."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import carry, diff
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import OnedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import ItemPlan, Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import Pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call, Client

Items = dict[str, Progress]


class World(Protocol):
    """What oned answered."""

    @property
    def pool(self) -> Pool[Any]:
        """The objects of the noun's own kind."""

    def elders(self, known: Collection[int]) -> World:
        """The same without objects that are doubles, as Pool.elders."""


W = TypeVar("W", bound=World)


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
        """What is to be done, one ItemPlan per wanted object, in order. Pure. May raise SetupError."""

    def removal(self, item_id: int) -> Call:
        """The call that removes an object."""

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        """Wait for what has to be over before an object may go; what does not come about is noted in its item."""

    def finish(self, client: Client, world: W, plans: Sequence[ItemPlan], items: Items) -> W:
        """Wait until the objects are usable, if that was asked for. Returns the pools as last seen."""

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
    try:
        world = noun.read(client)
    except OnedError as error:
        raise OnedError(error.method, error.code, f"{error.message}; nothing was changed") from error
    noun.check(world)
    plans = noun.plan(world)
    items = {plan.name: Progress(plan.name, plan.id, plan.actions, problem=plan.problem) for plan in plans}
    if check_mode:
        for plan in plans:
            items[plan.name].done = plan.actions
    else:
        world = carry.out(client, noun, world, plans, items)
        world = noun.finish(client, world, plans, items)
    for item in items.values():
        # Of one made in this run that is not among those last seen nobody knows.
        gone = None if item.born else "ABSENT"
        item.state = gone if item.id is None else noun.state_of(world, item.id) or gone
    results = [item.result() for item in items.values()]
    return {"changed": any(result["changed"] for result in results), "results": results, "diff": diff.of(plans)}
