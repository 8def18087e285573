# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marketplaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Step, Thing, View, Wish, World

_STATES = ("ENABLED", "DISABLED")


class Marketplaces(Declared):
    word = "marketplace"
    methods = "one.market"
    listing = Call("one.marketpool.info")
    tag = "MARKETPLACE"
    shown = ("enabled",)
    folded: ClassVar[Mapping[str, str]] = {"market_mad": "MARKET_MAD"}
    refused: ClassVar[Mapping[str, str]] = {"MARKET_MAD": "use market_mad"}

    def view(self, element: xml.Element) -> View:
        state = xml.named(_STATES, element, "STATE")
        return {
            "market_mad": xml.text(element, "MARKET_MAD"),
            "state": state,
            "enabled": state == "ENABLED",
            "zone_id": xml.number(element, "ZONE_ID"),
            "total_mb": xml.number(element, "TOTAL_MB"),
            "free_mb": xml.number(element, "FREE_MB"),
            "used_mb": xml.number(element, "USED_MB"),
            "apps": xml.ids(element, "MARKETPLACEAPPS"),
            "template": xml.template(element),
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": wish["called"], **wish["attributes"]})
        return (text,), {"enabled": True, "template": dict(wish["attributes"])}

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        enabled = wish.get("enabled")
        if enabled is not None and enabled != view["enabled"]:
            action = "enable" if enabled else "disable"
            yield Step(Change(action, "one.market.enable", (OWN_ID, enabled)), {"enabled": enabled})

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        if thing is None and not wish.get("market_mad"):
            yield f"marketplace {wish['called']} is new: give market_mad"

    def undeletable(self, thing: Thing) -> str | None:
        apps = thing.view["apps"]
        return f"it still holds {len(apps)} apps: remove them first" if apps else None
