# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datastores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
    in_cluster,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

# Names by the number in DATASTORE/TYPE (OpenNebula 6.10, include/Datastore.h).
TYPES = ("image", "system", "file", "backup")
_STATES = ("READY", "DISABLED")
_BY_DRIVER = re.compile(r"(CLONE_TARGET|LN_TARGET|DISK_TYPE|TM_MAD)(_|$)")


class Datastores(Declared):
    kind_name = "datastore"
    method_prefix = "one.datastore"
    list_call = Call("one.datastorepool.info")
    pool_element = "DATASTORE"
    references: ClassVar[Mapping[str, str]] = {"clusters": "cluster"}
    diff_options = ("type",)
    template_options: ClassVar[Mapping[str, str]] = {"ds_mad": "DS_MAD", "tm_mad": "TM_MAD"}
    refused_attributes: ClassVar[Mapping[str, str]] = {
        "TYPE": "use type",
        "DS_MAD": "use ds_mad",
        "TM_MAD": "use tm_mad",
        "BASE_PATH": "oned takes it from DATASTORE_LOCATION in oned.conf",
    }
    # src/datastore/Datastore.cc, set_ds_disk_type
    normal_forms: ClassVar[Mapping[str, Callable[[str], str]]] = {"DISK_TYPE": str.upper}
    # oned sets these from oned.conf only when it creates the datastore.
    oned_attributes = frozenset({"ALLOW_ORPHANS", "DS_MIGRATE", "RESTRICTED_DIRS", "SAFE_DIRS", "SHARED"})

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

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        kind = desired.get("type") or "image"
        given = {"NAME": desired["final_name"], "TYPE": f"{kind.upper()}_DS", **desired["attributes"]}
        first = (observed.ids("cluster", desired["clusters"]) if desired.get("clusters") else []) or [-1]
        view = {"type": kind, "clusters": [max(first[0], 0)], "template": dict(desired["attributes"])}
        return (syntax.render(given), first[0]), view

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        yield from self.membership("clusters", desired, view, observed, in_cluster("clusters", "datastore"))

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is not None:
            return
        if desired.get("tm_mad") is None or (desired.get("type") != "system" and desired.get("ds_mad") is None):
            yield f"datastore {desired['final_name']} is new: give tm_mad, and ds_mad unless its type is system"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        kind = desired.get("type")
        if kind is None or kind == existing.view["type"]:
            return None
        return (
            f"it is of type {existing.view['type']}, and the desired type is {kind}: what it holds would be lost, so "
            "remove it (state absent) and add it again"
        )

    def delete_problem(self, existing: ObservedObject) -> str | None:
        images = existing.view["images"]
        return f"it still holds {len(images)} images: remove them first" if images else None

    def _stays(self, key: str) -> bool:
        return super()._stays(key) or _BY_DRIVER.match(key) is not None
