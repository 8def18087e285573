# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marketplaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

_STATES = ("ENABLED", "DISABLED")


class Marketplaces(Declared):
    kind_name = "marketplace"
    method_prefix = "one.market"
    list_call = Call("one.marketpool.info")
    pool_element = "MARKETPLACE"
    diff_options = ("enabled",)
    template_options: ClassVar[Mapping[str, str]] = {"market_mad": "MARKET_MAD"}
    refused_attributes: ClassVar[Mapping[str, str]] = {"MARKET_MAD": "use market_mad"}

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

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": desired["final_name"], **desired["attributes"]})
        return (text,), {"enabled": True, "template": dict(desired["attributes"])}

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        enabled = desired.get("enabled")
        if enabled is not None and enabled != view["enabled"]:
            action = "enable" if enabled else "disable"
            yield Step(Change(action, "one.market.enable", (OWN_ID, enabled)), {"enabled": enabled})

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and not desired.get("market_mad"):
            yield f"marketplace {desired['final_name']} is new: give market_mad"

    def delete_problem(self, existing: ObservedObject) -> str | None:
        apps = existing.view["apps"]
        return f"it still holds {len(apps)} apps: remove them first" if apps else None
