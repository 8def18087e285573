# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Thing, View, Wish, World

# What hooks of machines may say in ON, which is not kept, and STATE and LCM_STATE that are kept in its place
# (src/hm/HookStateVM.cc). CUSTOM stands for the two that are given.
_ON = {
    "PROLOG": ("ACTIVE", "PROLOG"),
    "RUNNING": ("ACTIVE", "RUNNING"),
    "SHUTDOWN": ("ACTIVE", "EPILOG"),
    "STOP": ("STOPPED", "LCM_INIT"),
    "DONE": ("DONE", "LCM_INIT"),
    "UNKNOWN": ("ACTIVE", "UNKNOWN"),
}


class Hooks(Declared):
    word = "hook"
    methods = "one.hook"
    listing = Call("one.hookpool.info", (-2, -1, -1))
    tag = "HOOK"
    shown = ("type",)
    folded: ClassVar[Mapping[str, str]] = {"command": "COMMAND"}
    refused: ClassVar[Mapping[str, str]] = {"TYPE": "use type", "COMMAND": "use command"}
    # Without what calls it a hook is none: oned refuses a template that lacks these.
    kept = frozenset({"CALL", "LCM_STATE", "REMOTE", "RESOURCE", "STATE"})

    def wish(self, item: Mapping[str, Any]) -> dict[str, Any]:
        wish = super().wish(item)
        attributes = dict(wish["attributes"])
        on = str(attributes.pop("ON", "")).upper()
        if on in _ON:
            attributes |= zip(("STATE", "LCM_STATE"), _ON[on], strict=True)
        return {**wish, "attributes": attributes, "on": on}

    def view(self, element: xml.Element) -> View:
        return {"type": xml.text(element, "TYPE"), "template": xml.template(element)}

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        on = wish["on"] or ("CUSTOM" if wish["attributes"].get("RESOURCE") == "VM" else "")
        own = {"NAME": wish["called"], "TYPE": wish["type"], **({"ON": on} if on else {})}
        return (syntax.render({**own, **wish["attributes"]}),), {
            "type": wish["type"],
            "template": dict(wish["attributes"]),
        }

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        if thing is None and not (wish.get("type") and wish.get("command")):
            yield f"hook {wish['called']} is new: give type and command"

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        kind = wish.get("type")
        if kind is None or kind == thing.view["type"]:
            return None
        return (
            f"it is of type {thing.view['type']} and wanted as {kind}: OpenNebula cannot change the type of a hook, so "
            "remove it (state absent) and add it again"
        )
