# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual networks and their address ranges."""

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
    in_cluster,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import LATER, OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

# VNET/STATE (OpenNebula 6.10, include/VirtualNetwork.h).
_STATES = ("INIT", "READY", "LOCK_CREATE", "LOCK_DELETE", "DONE", "ERROR", "UPDATE_FAILURE")
# An existing range is the desired one if the given ones of these attributes are the same.
_IDENTITY = ("TYPE", "IP", "IP6", "MAC", "GLOBAL_PREFIX", "ULA_PREFIX", "PREFIX_LENGTH")
_COMPUTED = {"ALLOCATED", "LEASES", "USED_LEASES", "MAC_END", "IP_END", "IP6_END"}
_RESERVED = "PARENT_NETWORK_AR_ID"
Range = dict[str, str]


class VirtualNetworks(Declared):
    kind_name = "virtual network"
    method_prefix = "one.vn"
    list_call = Call("one.vnpool.info", (-2, -1, -1))
    pool_element = "VNET"
    references: ClassVar[Mapping[str, str]] = {"clusters": "cluster"}
    diff_options = ("ranges",)
    template_options: ClassVar[Mapping[str, str]] = {
        "vn_mad": "VN_MAD",
        "bridge": "BRIDGE",
        "phydev": "PHYDEV",
        "vlan_id": "VLAN_ID",
    }
    refused_attributes: ClassVar[Mapping[str, str]] = {
        "AR": "use ranges",
        "VN_MAD": "use vn_mad",
        "BRIDGE": "use bridge",
        "PHYDEV": "use phydev",
        "VLAN_ID": "use vlan_id",
    }
    oned_attributes = frozenset(
        {"AUTOMATIC_OUTER_VLAN_ID", "AUTOMATIC_VLAN_ID", "BRIDGE_TYPE", "OUTER_VLAN_ID", "SECURITY_GROUPS"}
    )
    transient_states = frozenset({"INIT", "LOCK_CREATE"})
    deleting_states = frozenset({"LOCK_DELETE", "DONE"})

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().normalize(item)
        if desired.get("ranges") is not None:
            desired["ranges"] = [self._range(desired["name"], given) for given in desired["ranges"]]
        return desired

    @staticmethod
    def _range(name: str, given: Mapping[str, Any]) -> Range:
        try:
            entry = syntax.normalize({"AR": given})["AR"]
            if not isinstance(entry, dict) or not {"TYPE", "SIZE"} <= set(entry):
                raise syntax.TemplateError("a range needs type and size")
        except syntax.TemplateError as error:
            raise syntax.TemplateError(f"virtual network {name}: ranges: {error}") from error
        return entry

    def view(self, element: xml.Element) -> View:
        template = xml.template(element)
        # Until the network is READY, its ranges are in the template.
        in_template = template.pop("AR", [])
        listed = xml.template(element, "AR_POOL").get("AR", [])
        entries = [entry for both in (in_template, listed) for entry in (both if isinstance(both, list) else [both])]
        ranges = [entry for entry in entries if isinstance(entry, dict)]
        parent = xml.text(element, "PARENT_NETWORK_ID")
        return {
            "vn_mad": xml.text(element, "VN_MAD"),
            "bridge": xml.text(element, "BRIDGE"),
            "state": xml.named(_STATES, element, "STATE"),
            "used_leases": xml.number(element, "USED_LEASES"),
            "parent": int(parent) if parent else None,
            "clusters": xml.ids(element, "CLUSTERS"),
            "ranges": [_plain(entry) for entry in ranges],
            "_in_use": [
                entry.get("AR_ID", "") for entry in ranges if isinstance(entry, dict) and entry.get("ALLOCATED")
            ],
            "template": template,
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        ranges = list(desired.get("ranges") or [])
        given: syntax.Template = {"NAME": desired["final_name"], **desired["attributes"]}
        if ranges:
            given["AR"] = ranges
        first = (observed.ids("cluster", desired["clusters"]) if desired.get("clusters") else []) or [-1]
        view = {
            "clusters": [max(first[0], 0)],
            "ranges": ranges,
            "_in_use": [],
            "template": dict(desired["attributes"]),
        }
        return (syntax.render(given), first[0]), view

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        yield from self.membership("clusters", desired, view, observed, in_cluster("clusters", "vnet"))
        if desired.get("ranges") is None:
            return
        matched, missing, surplus = _match(desired["ranges"], view["ranges"])
        sets = {"ranges": [_merged(entry, existing) for entry, existing in matched] + missing}
        for entry, existing in matched:
            merged = _merged(entry, existing)
            if merged != {**dict.fromkeys(entry, ""), **existing}:
                # oned drops attributes that are not sent, so all are sent.
                text = syntax.render({"AR": merged})
                yield Step(Change("update_range", "one.vn.update_ar", (OWN_ID, text)), sets)
        for existing in surplus:
            yield Step(Change("remove_range", "one.vn.rm_ar", (OWN_ID, int(existing["AR_ID"]))), sets)
        for entry in missing:
            add = Change(
                "add_range", "one.vn.add_ar", (OWN_ID, syntax.render({"AR": entry})), LATER, not_idempotent=True
            )
            yield Step(add, sets)

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and desired.get("vn_mad") is None:
            yield f"virtual network {desired['final_name']} is new: give vn_mad"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        if desired.get("ranges") is None:
            return None
        _matched, _missing, surplus = _match(desired["ranges"], existing.view["ranges"])
        for entry in surplus:
            if entry["AR_ID"] in existing.view["_in_use"]:
                first = entry.get("IP") or entry.get("IP6") or entry.get("MAC", "")
                return f"range {entry['AR_ID']} ({first}) is not listed but has addresses in use: release them first"
        return None

    def delete_problem(self, existing: ObservedObject) -> str | None:
        used = existing.view["used_leases"]
        return f"{used} of its addresses are in use by virtual machines or reservations" if used else None


def _plain(entry: Mapping[str, str]) -> Range:
    return {key: value for key, value in entry.items() if key not in _COMPUTED}


def _merged(desired: Range, existing: Range) -> Range:
    """An existing range with the desired attributes. Its addresses stay as in oned."""
    return {**desired, **existing, **{key: value for key, value in desired.items() if key not in _IDENTITY}}


def _match(desired: list[Range], existing: list[Range]) -> tuple[list[tuple[Range, Range]], list[Range], list[Range]]:
    """Pairs of a desired range and the same existing range, then missing desired ranges, then surplus existing ranges.

    Ranges that are reserved from another network are not managed.
    """
    unmatched = [entry for entry in existing if _RESERVED not in entry]
    matched, missing = [], []
    for entry in desired:
        identity = {key: entry[key].casefold() for key in _IDENTITY if key in entry}
        same = next(
            (x for x in unmatched if all(x.get(key, "").casefold() == value for key, value in identity.items())), None
        )
        if same is None:
            missing.append(entry)
        else:
            unmatched.remove(same)
            matched.append((entry, same))
    # While a network is being created, its ranges have no ids, by which they could be removed.
    return matched, missing, [entry for entry in unmatched if "AR_ID" in entry]
