# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

# ON of a hook for virtual machines, which oned replaces by STATE and LCM_STATE (src/hm/HookStateVM.cc). With ON=CUSTOM,
# STATE and LCM_STATE are given.
_ON = {
    "PROLOG": ("ACTIVE", "PROLOG"),
    "RUNNING": ("ACTIVE", "RUNNING"),
    "SHUTDOWN": ("ACTIVE", "EPILOG"),
    "STOP": ("STOPPED", "LCM_INIT"),
    "DONE": ("DONE", "LCM_INIT"),
    "UNKNOWN": ("ACTIVE", "UNKNOWN"),
}


class Hooks(Declared):
    kind_name = "hook"
    method_prefix = "one.hook"
    list_call = Call("one.hookpool.info", (-2, -1, -1))
    pool_element = "HOOK"
    diff_options = ("type",)
    template_options: ClassVar[Mapping[str, str]] = {"command": "COMMAND"}
    refused_attributes: ClassVar[Mapping[str, str]] = {"TYPE": "use type", "COMMAND": "use command"}
    # src/hm/Hook.cc, HookStateHost.cc, HookStateVM.cc, HookStateImage.cc
    normal_forms: ClassVar[Mapping[str, Callable[[str], str]]] = {
        "REMOTE": lambda text: syntax.yes_no(text) or "NO",
        "STATE": str.upper,
        "LCM_STATE": str.upper,
        "RESOURCE": str.upper,
    }
    # oned refuses the template of a hook that lacks the attributes that trigger it.
    oned_attributes = frozenset({"CALL", "LCM_STATE", "REMOTE", "RESOURCE", "STATE"})

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().normalize(item)
        attributes = dict(desired["attributes"])
        on = str(attributes.pop("ON", "")).upper()
        if on in _ON:
            attributes |= zip(("STATE", "LCM_STATE"), _ON[on], strict=True)
        return {**desired, "attributes": attributes, "on": on}

    def view(self, element: xml.Element) -> View:
        return {"type": xml.text(element, "TYPE"), "template": xml.template(element)}

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        on = desired["on"] or ("CUSTOM" if desired["attributes"].get("RESOURCE") == "VM" else "")
        own = {"NAME": desired["final_name"], "TYPE": desired["type"], **({"ON": on} if on else {})}
        return (syntax.render({**own, **desired["attributes"]}),), {
            "type": desired["type"],
            "template": dict(desired["attributes"]),
        }

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and not (desired.get("type") and desired.get("command")):
            yield f"hook {desired['final_name']} is new: give type and command"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        kind = desired.get("type")
        if kind is None or kind == existing.view["type"]:
            return None
        return (
            f"it is of type {existing.view['type']}, and the desired type is {kind}: OpenNebula cannot change the type "
            "of a hook, so remove it (state absent) and add it again"
        )
