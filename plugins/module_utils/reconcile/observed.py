# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The observed state: objects as oned lists them, and the objects of other kinds that they reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

View = dict[str, Any]
Desired = Mapping[str, Any]
# -2: of all users, -1: from the first to the last (XML-RPC reference, *pool.info).
_ALL = (-2, -1, -1)
# The resource kinds that others reference, by name: (call that lists the objects, XML element of one object).
LISTS: Mapping[str, tuple[Call, str]] = {
    "cluster": (Call("one.clusterpool.info"), "CLUSTER"),
    "datastore": (Call("one.datastorepool.info"), "DATASTORE"),
    "group": (Call("one.grouppool.info"), "GROUP"),
    "host": (Call("one.hostpool.info"), "HOST"),
    "user": (Call("one.userpool.info"), "USER"),
    "virtual network": (Call("one.vnpool.info", _ALL), "VNET"),
}
# The same resource kinds, as the modules' option `planned` calls them.
PLANNED: Mapping[str, str] = {kind: f"{kind}s" for kind in LISTS} | {"virtual network": "vnets"}


def refs(kind: str, document: str, planned: Mapping[str, Sequence[str]]) -> list[Ref]:
    """The objects of a pool document, and those of this kind that are planned and do not exist yet."""
    call, tag = LISTS[kind]
    there = pool.refs(document, tag, call.method)
    return [*there, *pool.planned(planned.get(PLANNED[kind], ()), there)]


@dataclass(frozen=True)
class ObservedObject:
    """An object as oned lists it.

    view: its attributes under the names that users know; those whose names begin with _ are internal.
    """

    id: int
    name: str
    owner: str = ""
    view: View = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """What oned answered.

    pool: the objects of the resource kind itself. referenced: by resource kind, the objects that these may reference.
    """

    pool: Pool[ObservedObject]
    referenced: Mapping[str, Sequence[Ref]] = field(default_factory=dict)

    def without_new_duplicates(self, known: Collection[int]) -> Observed:
        """As Pool.without_new_duplicates."""
        return Observed(self.pool.without_new_duplicates(known), self.referenced)

    def ids(self, kind: str, wanted: Iterable[str]) -> list[int]:
        """Ids of objects of another kind, in the order given; one that does not exist is left out."""
        found = (pick(self.referenced[kind], name) for name in wanted)
        return list(dict.fromkeys(ref.id for ref in found if ref is not None))

    def names(self, kind: str, ids: Iterable[int]) -> list[str]:
        called = {ref.id: ref.name for ref in self.referenced[kind]}
        return [called.get(number, str(number)) for number in ids]


@dataclass(frozen=True)
class Step:
    """A change, and the attributes of the view that it sets."""

    change: Change
    then: View = field(default_factory=dict)


def in_cluster(option: str, kind: str) -> Callable[[bool, int], Change]:
    """The change that adds an object to a cluster (True) or removes it. kind: as in one.cluster.add<kind>."""
    return lambda adding, cluster: Change(option, f"one.cluster.{'add' if adding else 'del'}{kind}", (cluster, OWN_ID))
