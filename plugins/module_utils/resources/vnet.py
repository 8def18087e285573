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
# Which addresses a range has: it is the same range when these are the same.
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
            wanted = syntax.normalize({"AR": given})["AR"]
            if not isinstance(wanted, dict) or not {"TYPE", "SIZE"} <= set(wanted):
                raise syntax.TemplateError("a range needs type and size")
        except syntax.TemplateError as error:
            raise syntax.TemplateError(f"virtual network {name}: ranges: {error}") from error
        return wanted

    def view(self, element: xml.Element) -> View:
        template = xml.template(element)
        # Until the network is READY its ranges stand in the template.
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
        given: syntax.Template = {"NAME": desired["called"], **desired["attributes"]}
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
        then = {"ranges": [_merged(wanted, there) for wanted, there in matched] + missing}
        for wanted, there in matched:
            merged = _merged(wanted, there)
            if merged != {**dict.fromkeys(wanted, ""), **there}:
                # What is not sent is dropped, so everything is.
                text = syntax.render({"AR": merged})
                yield Step(Change("update_range", "one.vn.update_ar", (OWN_ID, text)), then)
        for there in surplus:
            yield Step(Change("remove_range", "one.vn.rm_ar", (OWN_ID, int(there["AR_ID"]))), then)
        for wanted in missing:
            add = Change(
                "add_range", "one.vn.add_ar", (OWN_ID, syntax.render({"AR": wanted})), LATER, not_idempotent=True
            )
            yield Step(add, then)

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and desired.get("vn_mad") is None:
            yield f"virtual network {desired['called']} is new: give vn_mad"

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        if desired.get("ranges") is None:
            return None
        _matched, _missing, surplus = _match(desired["ranges"], existing.view["ranges"])
        for there in surplus:
            if there["AR_ID"] in existing.view["_in_use"]:
                first = there.get("IP") or there.get("IP6") or there.get("MAC", "")
                return f"range {there['AR_ID']} ({first}) is not wanted but has addresses in use: release them first"
        return None

    def delete_problem(self, existing: ObservedObject) -> str | None:
        used = existing.view["used_leases"]
        return f"{used} of its addresses are in use by virtual machines or reservations" if used else None


def _plain(entry: Mapping[str, str]) -> Range:
    return {key: value for key, value in entry.items() if key not in _COMPUTED}


def _merged(wanted: Range, there: Range) -> Range:
    """A range with the wanted attributes; which addresses it has is oned's to say."""
    return {**wanted, **there, **{key: value for key, value in wanted.items() if key not in _IDENTITY}}


def _match(wanted: list[Range], there: list[Range]) -> tuple[list[tuple[Range, Range]], list[Range], list[Range]]:
    """Pairs of a wanted range and the one it is, then wanted ones that are missing, then surplus ones.

    Ranges reserved from another network are nobody's to declare and left out.
    """
    left = [entry for entry in there if _RESERVED not in entry]
    matched, missing = [], []
    for entry in wanted:
        identity = {key: entry[key].casefold() for key in _IDENTITY if key in entry}
        same = next(
            (x for x in left if all(x.get(key, "").casefold() == value for key, value in identity.items())), None
        )
        if same is None:
            missing.append(entry)
        else:
            left.remove(same)
            matched.append((entry, same))
    # A network that is just being made has no ids yet, and nothing that could be removed by one.
    return matched, missing, [entry for entry in left if "AR_ID" in entry]
