# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The observed state: objects as oned lists them, and the objects of other resource kinds to which they refer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import CHANGE, LATER, OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

View = dict[str, Any]
Desired = Mapping[str, Any]
# -2: of all users, -1: from the first to the last (XML-RPC reference, *pool.info).
_ALL = (-2, -1, -1)
# The resource kinds to which others refer, by name: (call that lists the objects, XML element of one object).
LISTS: Mapping[str, tuple[Call, str]] = {
    "cluster": (Call("one.clusterpool.info"), "CLUSTER"),
    "datastore": (Call("one.datastorepool.info"), "DATASTORE"),
    "group": (Call("one.grouppool.info"), "GROUP"),
    "host": (Call("one.hostpool.info"), "HOST"),
    "user": (Call("one.userpool.info"), "USER"),
    "virtual network": (Call("one.vnpool.info", _ALL), "VNET"),
}
# The names of these resource kinds in the modules' option `planned`.
PLANNED: Mapping[str, str] = {kind: f"{kind}s" for kind in LISTS} | {"virtual network": "vnets"}


def refs(kind: str, document: str, planned: Mapping[str, Sequence[str]]) -> list[Ref]:
    """The objects of a pool document, and the planned objects of this resource kind, which do not exist yet."""
    call, tag = LISTS[kind]
    existing = pool.refs(document, tag, call.method)
    return [*existing, *pool.planned(planned.get(PLANNED[kind], ()), existing)]


@dataclass(frozen=True)
class ObservedObject:
    """An object as oned lists it.

    view: its attributes under the names of options and return keys. Those whose names begin with _ are internal.
    """

    id: int
    name: str
    owner: str = ""
    view: View = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """The observed state.

    pool: the objects of the resource kind itself. referenced: objects to which these may refer, by resource kind.
    """

    pool: Pool[ObservedObject]
    referenced: Mapping[str, Sequence[Ref]] = field(default_factory=dict)

    def without_new_duplicates(self, known: Collection[int]) -> Observed:
        return Observed(self.pool.without_new_duplicates(known), self.referenced)

    def ids(self, kind: str, names: Iterable[str]) -> list[int]:
        """Ids of objects of another resource kind, in the given order. Objects that do not exist are left out."""
        found = (pick(self.referenced[kind], name) for name in names)
        return list(dict.fromkeys(ref.id for ref in found if ref is not None))

    def names(self, kind: str, ids: Iterable[int]) -> list[str]:
        names = {ref.id: ref.name for ref in self.referenced[kind]}
        return [names.get(number, str(number)) for number in ids]


@dataclass(frozen=True)
class Step:
    """A change, and the attributes of the view that it sets."""

    change: Change
    sets: View = field(default_factory=dict)


def in_cluster(option: str, kind: str) -> Callable[[bool, int], Change]:
    """Returns the change that adds an object to a cluster (True) or removes it. kind: as in one.cluster.add<kind>."""
    # It leaves a cluster only once it has joined the others.
    return lambda adding, cluster: Change(
        option, f"one.cluster.{'add' if adding else 'del'}{kind}", (cluster, OWN_ID), CHANGE if adding else LATER
    )
