# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine needs from a resource kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import ItemPlan, Items
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client


class Observed(Protocol):
    """The observed state."""

    @property
    def pool(self) -> Pool[Any]:
        """The objects of the resource kind itself."""

    def without_new_duplicates(self, known: Collection[int]) -> Observed:
        """The same without the duplicates that Pool.without_new_duplicates leaves out."""


W = TypeVar("W", bound=Observed)


class Resources(Protocol[W]):
    """The declared objects of one resource kind. W: type of the observed state."""

    @property
    def empty(self) -> bool:
        """Whether nothing is declared."""

    def check_desired(self) -> None:
        """Raises SetupError for mistakes that can be found without oned."""

    def read(self, client: Client) -> W:
        """The pools that the plan needs, in as few requests as possible. Raises OnedError."""

    def check(self, observed: W) -> None:
        """Raises SetupError with every mistake that can be found before anything is changed."""

    def plan(self, observed: W) -> list[ItemPlan]:
        """One ItemPlan per desired object, in order. Pure. May raise SetupError."""

    def removal(self, item_id: int) -> Call:
        """The call that removes an object."""

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        """Wait until objects can be removed. Failures are recorded in the item."""

    def finish(self, client: Client, observed: W, plans: Sequence[ItemPlan], items: Items) -> W:
        """Wait until the objects are usable, if the options say so. Returns the state observed last."""

    def state_of(self, observed: W, item_id: int) -> str | None:
        """The state of an object as oned names it. None if there is no object with this id."""
