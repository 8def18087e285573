# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters: their template and what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Step, Thing, View, Wish, World

_DEFAULT = 0
# Options, and the words oned uses for them in one.cluster.add... and one.cluster.del...
_KINDS = {"hosts": "host", "datastores": "datastore", "vnets": "vnet"}


class Clusters(Declared):
    word = "cluster"
    methods = "one.cluster"
    listing = Call("one.clusterpool.info")
    tag = "CLUSTER"
    naming: ClassVar[Mapping[str, str]] = {"hosts": "host", "datastores": "datastore", "vnets": "virtual network"}

    def view(self, element: xml.Element) -> View:
        return {
            "hosts": xml.ids(element, "HOSTS"),
            "datastores": xml.ids(element, "DATASTORES"),
            "vnets": xml.ids(element, "VNETS"),
            "template": xml.template(element),
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        return (wish["called"],), {"hosts": [], "datastores": [], "vnets": [], "template": {}}

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        claimed = self._claimed(world)
        for option, kind in _KINDS.items():
            for step in self.membership(option, wish, view, world, _call(option, kind)):
                # Taking a host out puts it into the default cluster, even if it has joined another one by then.
                if step.change.method != "one.cluster.delhost" or step.change.params[1] not in claimed:
                    yield step

    def _claimed(self, world: World) -> set[int]:
        """Hosts that some cluster is to have."""
        return {number for wish in self.wishes for number in self._hosts(wish, world)}

    @staticmethod
    def _hosts(wish: Wish, world: World) -> list[int]:
        return world.ids("host", wish["hosts"]) if wish.get("hosts") else []

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        for other in self.wishes:
            both = set(self._hosts(wish, world)) & set(self._hosts(other, world))
            if both and other["name"] > wish["name"]:
                names = ", ".join(world.names("host", sorted(both)))
                yield f"clusters {wish['name']} and {other['name']} cannot both have {names}: a host is in one cluster"

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        # A host is always in one cluster: taken out of one it comes to this one.
        if thing.id != _DEFAULT or wish.get("hosts") is None:
            return None
        stay = set(thing.view["hosts"]) - self._claimed(world)
        if not stay:
            return None
        called = ", ".join(world.names("host", sorted(stay)))
        return f"hosts leave the default cluster by joining another one: list {called} there, or here too"

    def undeletable(self, thing: Thing) -> str | None:
        if thing.id < 100:
            return "OpenNebula does not remove its system clusters (IDs below 100)"
        inside = [f"{len(thing.view[option])} {option}" for option in _KINDS if thing.view[option]]
        return f"it still holds {' and '.join(inside)}: take them out first" if inside else None


def _call(option: str, kind: str) -> Callable[[bool, int], Change]:
    return lambda adding, number: Change(option, f"one.cluster.{'add' if adding else 'del'}{kind}", (OWN_ID, number))
