# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual networks and their address ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import ranges, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
    in_cluster,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    DELETE,
    LATER,
    OWN_ID,
    Change,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

# VNET/STATE (OpenNebula 6.10, include/VirtualNetwork.h).
_STATES = ("INIT", "READY", "LOCK_CREATE", "LOCK_DELETE", "DONE", "ERROR", "UPDATE_FAILURE")
# Attributes that oned keeps outside of the template and never changes, and where (src/vnm/VirtualNetwork.cc).
_AUTOMATIC = {"AUTOMATIC_VLAN_ID": "VLAN_ID_AUTOMATIC", "AUTOMATIC_OUTER_VLAN_ID": "OUTER_VLAN_ID_AUTOMATIC"}


def _switch(text: str) -> str:
    """A boolean that is off is the same as a missing one."""
    word = syntax.yes_no(text)
    return "" if word == "NO" else word


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
        "TEMPLATE_NAME": "oned drops it",
        "ERROR": "oned writes it",
    }
    oned_attributes = frozenset(
        {"AUTOMATIC_OUTER_VLAN_ID", "AUTOMATIC_VLAN_ID", "BRIDGE_TYPE", "OUTER_VLAN_ID", "SECURITY_GROUPS"}
    )
    normal_forms: ClassVar[Mapping[str, Callable[[str], str]]] = dict.fromkeys(_AUTOMATIC, _switch)
    transient_states = frozenset({"INIT", "LOCK_CREATE"})
    deleting_states = frozenset({"LOCK_DELETE", "DONE"})

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().normalize(item)
        if not desired["attributes"].get("BRIDGE", "none"):
            # oned chooses a name for the bridge, or keeps the one that it has.
            del desired["attributes"]["BRIDGE"]
        if desired.get("ranges") is not None:
            ipam = str(desired["attributes"].get("IPAM_MAD", ""))
            try:
                desired["ranges"] = [ranges.desired(given, ipam) for given in desired["ranges"]]
            except syntax.TemplateError as error:
                raise syntax.TemplateError(f"virtual network {desired['name']}: ranges: {error}") from error
        return desired

    def view(self, element: xml.Element) -> View:
        template = xml.template(element)
        template |= {name: "YES" for name, tag in _AUTOMATIC.items() if xml.text(element, tag) == "1"}
        # Until the network is READY, its ranges are in the template.
        in_template = template.pop("AR", [])
        listed = xml.template(element, "AR_POOL").get("AR", [])
        entries = [entry for both in (in_template, listed) for entry in (both if isinstance(both, list) else [both])]
        found = [entry for entry in entries if isinstance(entry, dict)]
        used = {entry.get("AR_ID", ""): ranges.last_in_use(entry) for entry in found}
        parent = xml.text(element, "PARENT_NETWORK_ID")
        return {
            "vn_mad": xml.text(element, "VN_MAD"),
            "bridge": xml.text(element, "BRIDGE"),
            "state": xml.named(_STATES, element, "STATE"),
            "used_leases": xml.number(element, "USED_LEASES"),
            "parent": int(parent) if parent else None,
            "clusters": xml.ids(element, "CLUSTERS"),
            "ranges": [ranges.stored(entry) for entry in found],
            # The place of the last address in use, by the ids of the ranges.
            "_in_use": {number: place for number, place in used.items() if place is not None},
            "template": template,
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        given_ranges = list(desired.get("ranges") or [])
        given: syntax.Template = {"NAME": desired["final_name"], **desired["attributes"]}
        if given_ranges:
            given["AR"] = given_ranges
        first = (observed.ids("cluster", desired["clusters"]) if desired.get("clusters") else []) or [-1]
        view = {
            "clusters": [max(first[0], 0)],
            "ranges": given_ranges,
            "_in_use": {},
            "template": dict(desired["attributes"]),
        }
        return (syntax.render(given), first[0]), view

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        yield from self.membership("clusters", desired, view, observed, in_cluster("clusters", "vnet"))
        if desired.get("ranges") is None:
            return
        found = self._match(desired, view)
        after = [ranges.merged(*pair) for pair in found.pairs] + found.missing + found.reserved
        # Each stage only if oned has accepted the one before: a range that stays makes room for a new one, and a
        # range is removed once its successor is there.
        for entry, existing in found.pairs:
            if ranges.changed(entry, existing):
                text = syntax.render({"AR": ranges.merged(entry, existing)})
                yield Step(Change("update_range", "one.vn.update_ar", (OWN_ID, text)), {"ranges": after})
        for entry in found.missing:
            text = syntax.render({"AR": entry})
            add = Change("add_range", "one.vn.add_ar", (OWN_ID, text), LATER, not_idempotent=True)
            yield Step(add, {"ranges": after})
        for existing in found.surplus:
            remove = Change("remove_range", "one.vn.rm_ar", (OWN_ID, int(existing["AR_ID"])), DELETE)
            yield Step(remove, {"ranges": after})

    @staticmethod
    def _match(desired: Desired, view: View) -> ranges.Match:
        return ranges.match(desired["ranges"], view["ranges"], view["_in_use"])

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        if existing is None and desired.get("vn_mad") is None:
            yield f"virtual network {desired['final_name']} is new: give vn_mad"
        attributes = desired["attributes"]
        for automatic, own in (("AUTOMATIC_VLAN_ID", "VLAN_ID"), ("AUTOMATIC_OUTER_VLAN_ID", "OUTER_VLAN_ID")):
            if attributes.get(automatic) and attributes.get(own):
                option = "vlan_id" if own == "VLAN_ID" else own
                yield (
                    f"virtual network {desired['name']}: {automatic} and {option} do not go together: oned would take "
                    f"{attributes[own]}"
                )

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        if existing.view["state"] == "ERROR" or desired.get("ranges") is None:
            return self.failure_reason(existing)
        view = existing.view
        found, used, parent = self._match(desired, view), view["_in_use"], view["parent"]
        for entry in found.surplus:
            if entry["AR_ID"] in used:
                return f"{ranges.name(entry)} is not listed but has addresses in use: release them first"
        for entry, there in found.pairs:
            changed = ranges.changed(entry, there)
            if changed and ranges.is_reserved(there):
                return (
                    f"{ranges.name(there)} is reserved from virtual network {parent} and stays as it is, without the "
                    f"desired {', '.join(changed)}: list it as it is, or leave it out"
                )
            size, last = changed.get("SIZE"), used.get(there.get("AR_ID", ""), -1)
            if size is not None and int(size) <= last:
                return f"{ranges.name(there)} cannot have size {size}: address {last + 1} of it is in use"
        if found.missing and parent is not None:
            return (
                f"it is a reservation of virtual network {parent}, from which its addresses come: it gets no "
                f"{ranges.name(found.missing[0])}; reserve it there (onevnet reserve), or leave it out"
            )
        return None

    def delete_problem(self, existing: ObservedObject) -> str | None:
        used = existing.view["used_leases"]
        return f"{used} of its addresses are in use by virtual machines or reservations" if used else None
