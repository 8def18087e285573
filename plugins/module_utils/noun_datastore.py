# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datastores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import (
    Step,
    Thing,
    View,
    Wish,
    World,
    in_cluster,
)

# DATASTORE/TYPE is a number, the attribute TYPE a word (OpenNebula 6.10, include/Datastore.h).
TYPES = ("image", "system", "file", "backup")
_STATES = ("READY", "DISABLED")
_BY_DRIVER = re.compile(r"(CLONE_TARGET|LN_TARGET|DISK_TYPE|TM_MAD)(_|$)")


class Datastores(Declared):
    word = "datastore"
    methods = "one.datastore"
    listing = Call("one.datastorepool.info")
    tag = "DATASTORE"
    naming: ClassVar[Mapping[str, str]] = {"clusters": "cluster"}
    shown = ("type",)
    folded: ClassVar[Mapping[str, str]] = {"ds_mad": "DS_MAD", "tm_mad": "TM_MAD"}
    refused: ClassVar[Mapping[str, str]] = {"TYPE": "use type", "DS_MAD": "use ds_mad", "TM_MAD": "use tm_mad"}
    # oned takes these from oned.conf when the datastore is made, and not again.
    kept = frozenset({"ALLOW_ORPHANS", "DS_MIGRATE", "RESTRICTED_DIRS", "SAFE_DIRS", "SHARED"})

    def view(self, element: xml.Element) -> View:
        return {
            "type": xml.named(TYPES, element, "TYPE"),
            "ds_mad": xml.text(element, "DS_MAD"),
            "tm_mad": xml.text(element, "TM_MAD"),
            "state": xml.named(_STATES, element, "STATE"),
            "total_mb": xml.number(element, "TOTAL_MB"),
            "free_mb": xml.number(element, "FREE_MB"),
            "used_mb": xml.number(element, "USED_MB"),
            "images": xml.ids(element, "IMAGES"),
            "clusters": xml.ids(element, "CLUSTERS"),
            "template": xml.template(element),
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        kind = wish.get("type") or "image"
        given = {"NAME": wish["called"], "TYPE": f"{kind.upper()}_DS", **wish["attributes"]}
        first = (world.ids("cluster", wish["clusters"]) if wish.get("clusters") else []) or [-1]
        view = {"type": kind, "clusters": [max(first[0], 0)], "template": dict(wish["attributes"])}
        return (syntax.render(given), first[0]), view

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        yield from self.membership("clusters", wish, view, world, in_cluster("clusters", "datastore"))

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        if thing is not None:
            return
        if wish.get("tm_mad") is None or (wish.get("type") != "system" and wish.get("ds_mad") is None):
            yield f"datastore {wish['called']} is new: give tm_mad, and ds_mad unless its type is system"

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        kind = wish.get("type")
        if kind is None or kind == thing.view["type"]:
            return None
        return (
            f"it is of type {thing.view['type']} and wanted as {kind}: what it holds would be lost, so remove it "
            "(state absent) and add it again"
        )

    def undeletable(self, thing: Thing) -> str | None:
        images = thing.view["images"]
        return f"it still holds {len(images)} images: remove them first" if images else None

    def _kept(self, key: str) -> bool:
        return super()._kept(key) or _BY_DRIVER.match(key) is not None
