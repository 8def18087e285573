# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones of a federation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Thing, View, Wish, World

_STATES = ("ENABLED", "DISABLED")


class Zones(Declared):
    word = "zone"
    methods = "one.zone"
    listing = Call("one.zonepool.info")
    tag = "ZONE"
    folded: ClassVar[Mapping[str, str]] = {"endpoint": "ENDPOINT"}
    refused: ClassVar[Mapping[str, str]] = {"ENDPOINT": "use endpoint"}

    def view(self, element: xml.Element) -> View:
        template = xml.template(element)
        return {
            "endpoint": template.get("ENDPOINT", ""),
            "state": xml.named(_STATES, element, "STATE"),
            "template": template,
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": wish["called"], **wish["attributes"]})
        return (text,), {"template": dict(wish["attributes"])}

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        if thing is None and not wish.get("endpoint"):
            yield f"zone {wish['called']} is new: give endpoint"

    def undeletable(self, thing: Thing) -> str | None:
        return "OpenNebula does not remove its own zone" if thing.id < 100 else None
