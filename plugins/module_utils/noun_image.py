# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Step, Thing, View, Wish, World

# IMAGE/TYPE and IMAGE/STATE (OpenNebula 6.10, include/Image.h).
TYPES = ("os", "cdrom", "datablock", "kernel", "ramdisk", "context", "backup")
_STATES = (
    "INIT",
    "READY",
    "USED",
    "DISABLED",
    "LOCKED",
    "ERROR",
    "CLONE",
    "DELETE",
    "USED_PERS",
    "LOCKED_USED",
    "LOCKED_USED_PERS",
)
# What a new image is made from; oned does not keep it in the template.
_SOURCE = ("path", "size", "format")


class Images(Declared):
    word = "image"
    methods = "one.image"
    listing = Call("one.imagepool.info", (-2, -1, -1))
    tag = "IMAGE"
    naming: ClassVar[Mapping[str, str]] = {"datastore": "datastore"}
    shown = ("type", "persistent")
    refused: ClassVar[Mapping[str, str]] = {
        "PATH": "use path",
        "SIZE": "use size",
        "FORMAT": "use format",
        "TYPE": "use type",
        "PERSISTENT": "use persistent",
        "SOURCE": "use path",
        "FS": "OpenNebula does not keep it here",
        "DISK_TYPE": "OpenNebula does not keep it here",
        "ERROR": "oned writes it",
    }
    kept = frozenset({"DEV_PREFIX"})
    busy = frozenset({"INIT", "LOCKED"})
    leaving = frozenset({"DELETE"})

    def wish(self, item: Mapping[str, Any]) -> dict[str, Any]:
        datastore = item.get("datastore")
        return super().wish({**item, "datastore": None if datastore is None else [datastore]})

    def view(self, element: xml.Element) -> View:
        return {
            "type": xml.named(TYPES, element, "TYPE"),
            "persistent": xml.number(element, "PERSISTENT") == 1,
            "state": xml.named(_STATES, element, "STATE"),
            "size_mb": xml.number(element, "SIZE"),
            "format": xml.text(element, "FORMAT"),
            "path": xml.text(element, "PATH"),
            "datastore": xml.text(element, "DATASTORE"),
            "datastore_id": xml.number(element, "DATASTORE_ID"),
            "running_vms": xml.number(element, "RUNNING_VMS"),
            "vms": xml.ids(element, "VMS"),
            "template": xml.template(element),
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        given: dict[str, Any] = {"NAME": wish["called"]}
        for option in (*_SOURCE, "type", "persistent"):
            if wish.get(option) is not None:
                given[option] = wish[option].upper() if option == "type" else wish[option]
        datastore = pick(world.others["datastore"], wish["datastore"][0])
        view = {
            "type": wish.get("type") or "os",
            "persistent": bool(wish.get("persistent")),
            "datastore": datastore.name if datastore else "",
            "template": dict(wish["attributes"]),
        }
        text = syntax.render({**syntax.normalize(given), **wish["attributes"]})
        return (text, datastore.id if datastore else -1, False), view

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        kind, persistent = wish.get("type"), wish.get("persistent")
        if kind is not None and kind != view["type"]:
            yield Step(Change("type", "one.image.chtype", (OWN_ID, kind.upper())), {"type": kind})
        if persistent is not None and persistent != view["persistent"]:
            yield Step(Change("persistent", "one.image.persistent", (OWN_ID, persistent)), {"persistent": persistent})

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        made_from = wish.get("path") is not None or wish.get("size") is not None
        if thing is None and (wish.get("datastore") is None or not made_from):
            yield f"image {wish['called']} is new: give datastore, and path or size"

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        if thing.view["state"] == "ERROR":
            return self.broken(thing)
        wanted = world.ids("datastore", wish["datastore"]) if wish.get("datastore") is not None else []
        if wanted and wanted[0] != thing.view["datastore_id"]:
            return (
                f"it lies in datastore {thing.view['datastore']} and is wanted in {wish['datastore'][0]}: OpenNebula "
                "does not move images, so remove it (state absent) and add it again"
            )
        return None

    def broken(self, thing: Thing) -> str | None:
        if thing.view["state"] != "ERROR":
            return None
        reason = thing.view["template"].get("ERROR", "oned gives no reason; its log may")
        return f"it is in ERROR: {reason}; remove it (state absent) and add it again"

    def undeletable(self, thing: Thing) -> str | None:
        vms = thing.view["vms"]
        return f"{len(vms)} virtual machines use it: {', '.join(map(str, vms))}" if vms else None
