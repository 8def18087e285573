# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine has to know of a resource kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import ItemPlan, Items
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client


class Observed(Protocol):
    """What oned answered: the observed state."""

    @property
    def pool(self) -> Pool[Any]:
        """The objects of the resource kind itself."""

    def without_new_duplicates(self, known: Collection[int]) -> Observed:
        """The same without the duplicates that Pool.without_new_duplicates leaves out."""


W = TypeVar("W", bound=Observed)


class Resources(Protocol[W]):
    """The declared objects of one resource kind, as the engine works on them. W: the observed state."""

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""

    def check_desired(self) -> None:
        """Raises SetupError for mistakes that can be told without oned."""

    def read(self, client: Client) -> W:
        """The pools the plan needs, in as few requests as can be. Raises OnedError."""

    def check(self, observed: W) -> None:
        """Raises SetupError with every mistake that can be told before anything is changed."""

    def plan(self, observed: W) -> list[ItemPlan]:
        """What is to be done, one ItemPlan per wanted object, in order. Pure. May raise SetupError."""

    def removal(self, item_id: int) -> Call:
        """The call that removes an object."""

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        """Wait for what has to be over before an object may go; what does not come about is noted in its item."""

    def finish(self, client: Client, observed: W, plans: Sequence[ItemPlan], items: Items) -> W:
        """Wait until the objects are usable, if that was asked for. Returns the pools as last seen."""

    def state_of(self, observed: W, item_id: int) -> str | None:
        """The state of an object in oned's words; None when there is none of this id."""
