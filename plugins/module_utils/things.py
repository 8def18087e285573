# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as oned lists them, and what they name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import Pool, Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call

View = dict[str, Any]
Wish = Mapping[str, Any]
# -2: of all users, -1: from the first to the last (XML-RPC reference, *pool.info).
_ALL = (-2, -1, -1)
# What objects are called when others name them: (call that lists them, element of one).
LISTS: Mapping[str, tuple[Call, str]] = {
    "cluster": (Call("one.clusterpool.info"), "CLUSTER"),
    "datastore": (Call("one.datastorepool.info"), "DATASTORE"),
    "group": (Call("one.grouppool.info"), "GROUP"),
    "host": (Call("one.hostpool.info"), "HOST"),
    "user": (Call("one.userpool.info"), "USER"),
    "virtual network": (Call("one.vnpool.info", _ALL), "VNET"),
}
# The same kinds, as the modules' option `planned` calls them.
PLANNED: Mapping[str, str] = {word: f"{word}s" for word in LISTS} | {"virtual network": "vnets"}


def refs(word: str, document: str, planned: Mapping[str, Sequence[str]]) -> list[Ref]:
    """The objects of a pool document that others may name, with those that are planned and not there yet."""
    call, tag = LISTS[word]
    there = pool.refs(document, tag, call.method)
    return [*there, *pool.planned(planned.get(PLANNED[word], ()), there)]


@dataclass(frozen=True)
class Thing:
    """An object as oned lists it. view: its attributes as users know them; names that begin with _ are not shown."""

    id: int
    name: str
    owner: str = ""
    view: View = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """What oned answered. others: by word, the objects of other kinds that are named."""

    pool: Pool[Thing]
    others: Mapping[str, Sequence[Ref]] = field(default_factory=dict)

    def elders(self, known: Collection[int]) -> World:
        """Without doubles, as Pool.elders."""
        return World(self.pool.elders(known), self.others)

    def ids(self, word: str, wanted: Iterable[str]) -> list[int]:
        """Ids of objects of another kind, in the order given; one that does not exist is left out."""
        found = (pick(self.others[word], name) for name in wanted)
        return list(dict.fromkeys(ref.id for ref in found if ref is not None))

    def names(self, word: str, ids: Iterable[int]) -> list[str]:
        called = {ref.id: ref.name for ref in self.others[word]}
        return [called.get(number, str(number)) for number in ids]


@dataclass(frozen=True)
class Step:
    """A change and what it makes of the view."""

    change: Change
    then: View = field(default_factory=dict)


def in_cluster(option: str, kind: str) -> Callable[[bool, int], Change]:
    """Adding an object to a cluster or removing it, seen from the object. kind: as in one.cluster.add<kind>."""
    return lambda adding, cluster: Change(option, f"one.cluster.{'add' if adding else 'del'}{kind}", (cluster, OWN_ID))
