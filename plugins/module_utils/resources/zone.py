# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones of a federation."""

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
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

_STATES = ("ENABLED", "DISABLED")


class Zones(Declared):
    kind_name = "zone"
    method_prefix = "one.zone"
    list_call = Call("one.zonepool.info")
    pool_element = "ZONE"
    template_options: ClassVar[Mapping[str, str]] = {"endpoint": "ENDPOINT"}
    refused_attributes: ClassVar[Mapping[str, str]] = {
        "ENDPOINT": "use endpoint",
        "SERVER": "oned drops it: use onezone server-add",
    }

    def view(self, element: xml.Element) -> View:
        template = xml.template(element)
        return {
            "endpoint": template.get("ENDPOINT", ""),
            "state": xml.named(_STATES, element, "STATE"),
            "template": template,
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": desired["final_name"], **desired["attributes"]})
        return (text,), {"template": dict(desired["attributes"])}

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and not desired.get("endpoint"):
            yield f"zone {desired['final_name']} is new: give endpoint"

    def delete_problem(self, existing: ObservedObject) -> str | None:
        return "OpenNebula does not remove its own zone" if existing.id < 100 else None
