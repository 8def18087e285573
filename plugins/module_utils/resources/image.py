# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import pick
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
# Options from which oned creates a new image. It does not keep them in the template.
_SOURCE = ("path", "size", "format")


class Images(Declared):
    kind_name = "image"
    method_prefix = "one.image"
    list_call = Call("one.imagepool.info", (-2, -1, -1))
    pool_element = "IMAGE"
    references: ClassVar[Mapping[str, str]] = {"datastore": "datastore"}
    diff_options = ("type", "persistent")
    refused_attributes: ClassVar[Mapping[str, str]] = {
        "PATH": "use path",
        "SIZE": "use size",
        "FORMAT": "use format",
        "TYPE": "use type",
        "PERSISTENT": "use persistent",
        "SOURCE": "use path",
        "FS": "OpenNebula does not keep it here",
        "DISK_TYPE": "OpenNebula does not keep it here",
        "ERROR": "oned writes it",
        "DRIVER": "oned takes it from the format of the image, so use format",
        "TM_MAD": "oned takes it from the datastore, so set tm_mad there",
    }
    oned_attributes = frozenset({"DEV_PREFIX"})
    transient_states = frozenset({"INIT", "LOCKED"})
    deleting_states = frozenset({"DELETE"})

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        datastore = item.get("datastore")
        return super().normalize({**item, "datastore": None if datastore is None else [datastore]})

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

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        given: dict[str, Any] = {"NAME": desired["final_name"]}
        for option in (*_SOURCE, "type", "persistent"):
            if desired.get(option) is not None:
                given[option] = desired[option].upper() if option == "type" else desired[option]
        datastore = pick(observed.referenced["datastore"], desired["datastore"][0])
        view = {
            "type": desired.get("type") or "os",
            "persistent": bool(desired.get("persistent")),
            "datastore": datastore.name if datastore else "",
            "template": dict(desired["attributes"]),
        }
        text = syntax.render({**syntax.normalize(given), **desired["attributes"]})
        return (text, datastore.id if datastore else -1, False), view

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        kind, persistent = desired.get("type"), desired.get("persistent")
        if kind is not None and kind != view["type"]:
            yield Step(Change("type", "one.image.chtype", (OWN_ID, kind.upper())), {"type": kind})
        if persistent is not None and persistent != view["persistent"]:
            yield Step(Change("persistent", "one.image.persistent", (OWN_ID, persistent)), {"persistent": persistent})

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        made_from = desired.get("path") is not None or desired.get("size") is not None
        if existing is None and (desired.get("datastore") is None or not made_from):
            yield f"image {desired['final_name']} is new: give datastore, and path or size"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        if existing.view["state"] == "ERROR":
            return self.failure_reason(existing)
        datastores = observed.ids("datastore", desired["datastore"]) if desired.get("datastore") is not None else []
        if datastores and datastores[0] != existing.view["datastore_id"]:
            return (
                f"it is in datastore {existing.view['datastore']}, and the desired one is {desired['datastore'][0]}: "
                "OpenNebula does not move images, so remove it (state absent) and add it again"
            )
        return None

    def delete_problem(self, existing: ObservedObject) -> str | None:
        vms = existing.view["vms"]
        return f"{len(vms)} virtual machines use it: {', '.join(map(str, vms))}" if vms else None
