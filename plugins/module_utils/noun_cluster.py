# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters: their template and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        for option, kind in _KINDS.items():
            yield from self.membership(
                option,
                wish,
                view,
                world,
                lambda adding, number, option=option, kind=kind: Change(  # type: ignore[misc]
                    option, f"one.cluster.{'add' if adding else 'del'}{kind}", (OWN_ID, number)
                ),
            )

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        # A host is always in one cluster: taken out of one it comes to this one.
        if thing.id != _DEFAULT or wish.get("hosts") is None:
            return None
        stay = set(thing.view["hosts"]) - set(world.ids("host", wish["hosts"]))
        if not stay:
            return None
        called = ", ".join(world.names("host", sorted(stay)))
        return f"hosts leave the default cluster by joining another one: list {called} there, or here too"

    def undeletable(self, thing: Thing) -> str | None:
        if thing.id < 100:
            return "OpenNebula does not remove its system clusters (IDs below 100)"
        inside = [f"{len(thing.view[option])} {option}" for option in _KINDS if thing.view[option]]
        return f"it still holds {' and '.join(inside)}: take them out first" if inside else None
