# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters: their template and their members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import CHANGE, LATER, OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

_DEFAULT = 0
# Options, and the names of their kinds in one.cluster.add<kind> and one.cluster.del<kind>.
_KINDS = {"hosts": "host", "datastores": "datastore", "vnets": "vnet"}


class Clusters(Declared):
    kind_name = "cluster"
    method_prefix = "one.cluster"
    list_call = Call("one.clusterpool.info")
    pool_element = "CLUSTER"
    references: ClassVar[Mapping[str, str]] = {"hosts": "host", "datastores": "datastore", "vnets": "virtual network"}

    def view(self, element: xml.Element) -> View:
        return {
            "hosts": xml.ids(element, "HOSTS"),
            "datastores": xml.ids(element, "DATASTORES"),
            "vnets": xml.ids(element, "VNETS"),
            "template": xml.template(element),
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        return (desired["final_name"],), {"hosts": [], "datastores": [], "vnets": [], "template": {}}

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        claimed = self._claimed(observed)
        for option, kind in _KINDS.items():
            for step in self.membership(option, desired, view, observed, _call(option, kind)):
                # Removing a host puts it into the default cluster, even if it has joined another cluster by then.
                if step.change.method != "one.cluster.delhost" or step.change.params[1] not in claimed:
                    yield step

    def _claimed(self, observed: Observed) -> set[int]:
        """Ids of the hosts that any declared cluster lists."""
        return {number for desired in self.desired_objects for number in self._hosts(desired, observed)}

    @staticmethod
    def _hosts(desired: Desired, observed: Observed) -> list[int]:
        return observed.ids("host", desired["hosts"]) if desired.get("hosts") else []

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        for other in self.desired_objects:
            both = set(self._hosts(desired, observed)) & set(self._hosts(other, observed))
            if both and other["name"] > desired["name"]:
                names = ", ".join(observed.names("host", sorted(both)))
                pair = f"{desired['name']} and {other['name']}"
                yield f"clusters {pair} cannot both have {names}: a host is in one cluster"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        # A host is always in one cluster: a host removed from its cluster returns to the default one.
        if existing.id != _DEFAULT or desired.get("hosts") is None:
            return None
        unclaimed = set(existing.view["hosts"]) - self._claimed(observed)
        if not unclaimed:
            return None
        listed = ", ".join(observed.names("host", sorted(unclaimed)))
        return f"hosts leave the default cluster by joining another one: list {listed} there, or here too"

    def delete_problem(self, existing: ObservedObject) -> str | None:
        if existing.id < 100:
            return "OpenNebula does not remove its system clusters (IDs below 100)"
        inside = [f"{len(existing.view[option])} {option}" for option in _KINDS if existing.view[option]]
        return f"it still holds {' and '.join(inside)}: take them out first" if inside else None


def _call(option: str, kind: str) -> Callable[[bool, int], Change]:
    # Objects leave a cluster only once the others have joined it.
    return lambda adding, number: Change(
        option, f"one.cluster.{'add' if adding else 'del'}{kind}", (OWN_ID, number), CHANGE if adding else LATER
    )
