# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual networks, their address ranges and the addresses put on hold (src/vnm)."""

import time
import zlib
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from engine import ACTION, OWNED, Call, Kind, OneError, Xml, ready, refuse, take
from store import Object
from template import cdata, first, parse, to_xml

READY, LOCK_CREATE, ERROR = 1, 2, 5
STATES = {LOCK_CREATE: "LOCK_CREATE", ERROR: "ERROR"}
BRIDGE_TYPES = dict.fromkeys(("dummy", "bridge", "fw", "802.1Q", "vxlan"), "linux") | {"ovswitch": "openvswitch"}
# What some drivers cannot do without.
NEEDS = {"dummy": "BRIDGE", "vxlan": "PHYDEV", "802.1Q": "PHYDEV"}
RANGES = ("ETHER", "IP4", "IP6", "IP4_6", "IP6_STATIC", "IP4_6_STATIC")
# The machine that has an address on hold: none.
NOBODY = 0x10FFFFFFFF
# What oned calculates of a range.
OWN = ("ALLOCATED", "USED_LEASES", "LEASES", "PARENT_NETWORK_AR_ID", "PARENT_NETWORK")
SHRUNK = "New SIZE cannot be applied. There are used leases that would fall outside the range."
NO_RANGE = "Wrong AR definition. AR vector attribute is missing."
UNUSED: Object = {name: [] for name in ("VROUTERS", "UPDATED_VMS", "OUTDATED_VMS", "UPDATING_VMS", "ERROR_VMS")}
UNUSED["PARENT_NETWORK_ID"] = ""
Entry = dict[str, str]


def mac_text(mac: int) -> str:
    return ":".join(f"{byte:02x}" for byte in mac.to_bytes(6, "big"))


def address(text: str, kind: Any, wrong: str) -> int:
    try:
        return int(kind(text))
    except ValueError as error:
        raise OneError(wrong) from error


def of_type(entry: Entry, kind: str) -> Entry:
    """What a range of this type has: the rest is dropped. Raises OneError."""
    dropped = (*(() if "IP4" in kind else ("IP",)), *(() if kind.endswith("STATIC") else ("IP6",)))
    entry = {name: value for name, value in entry.items() if name not in (*dropped, *OWN)}
    for name, what in (("GLOBAL_PREFIX", "global"), ("ULA_PREFIX", "unique local")):
        if kind not in ("IP6", "IP4_6"):
            entry.pop(name, None)
        elif entry.get(name):
            address(entry[name], IPv6Address, f"Wrong format for IP6 {what} address prefix")
    return entry


def new_range(entry: Entry, net: int, ar_id: int) -> Entry:
    """A range as it is kept. Raises OneError."""
    kind = entry.get("TYPE", "").upper()
    refuse((kind not in RANGES, "Unknown or missing address range TYPE."))
    entry = of_type(entry, kind)
    # Where no address tells it the real one rolls dice.
    low = zlib.crc32(f"{net}/{ar_id}".encode())
    if "IP4" in kind:
        low = address(entry.get("IP", ""), IPv4Address, "Wrong or empty IP attribute")
    if kind.endswith("STATIC"):
        start = address(entry.get("IP6", ""), IPv6Address, "Wrong or empty IP6 attribute")
        length = entry.get("PREFIX_LENGTH", "")
        refuse((not length.isdecimal(), "Wrong or empty PREFIX_LENGTH"))
        # Up to 64 bits of the prefix are filled, which of 64 leaves the last out.
        mask = 2 ** min(128 - int(length), 64) - 1
        entry = {"SIZE": str(mask + (int(length) > 64) - (start & mask))} | entry
    entry = {"MAC": mac_text(0x0200 << 32 | low)} | entry
    refuse((entry["MAC"].count(":") != 5, "Wrong format for MAC attribute"))
    refuse((not entry.get("SIZE", "").isdecimal(), "Wrong SIZE for address range"))
    return entry | {"AR_ID": str(ar_id)}


def addresses(entry: Entry, index: int) -> Entry:
    """What the machine at one place of a range gets."""
    mac = int(entry["MAC"].replace(":", ""), 16) + index
    found = {"MAC": mac_text(mac)}
    for name, kind in (("IP", IPv4Address), ("IP6", IPv6Address)):
        if name in entry:
            found[name] = str(kind(entry[name]) + index)
    for name in ("ULA", "GLOBAL"):
        if entry.get(f"{name}_PREFIX"):
            # EUI-64
            host = (mac >> 24 ^ 0x020000) << 40 | 0xFFFE << 24 | mac & 0xFFFFFF
            found[f"IP6_{name}"] = str(IPv6Address(int(IPv6Address(entry[f"{name}_PREFIX"])) | host))
    return found


def range_xml(entry: Entry, held: list[int] | None, alone: bool) -> str:
    if not alone:
        holders = {} if held is None else {"ALLOCATED": "".join(f" {index} {NOBODY}" for index in held)}
        return to_xml({"AR": [entry | holders]}, "")
    shown = "".join(f"<{name}>{cdata(entry[name])}</{name}>" for name in sorted(entry))
    last = addresses(entry, int(entry["SIZE"]) - 1)
    for name, address in addresses(entry, 0).items():
        start = "" if name in entry else f"<{name}>{cdata(address)}</{name}>"
        shown += f"{start}<{name}_END>{cdata(last[name])}</{name}_END>"
    leases = to_xml({"LEASE": [addresses(entry, index) | {"VM": "-1"} for index in held or []]}, "")
    return f"<AR>{shown}<USED_LEASES>{len(held or [])}</USED_LEASES><LEASES>{leases}</LEASES></AR>"


class Network(Kind):
    name, word, tag, resource = "vn", "virtual network", "VNET", "NET"
    layout = (
        f"{OWNED} CLUSTERS BRIDGE! BRIDGE_TYPE! STATE! PREV_STATE! PARENT_NETWORK_ID? VN_MAD! PHYDEV? VLAN_ID?"
        " OUTER_VLAN_ID? VLAN_ID_AUTOMATIC OUTER_VLAN_ID_AUTOMATIC USED_LEASES VROUTERS UPDATED_VMS OUTDATED_VMS"
        " UPDATING_VMS ERROR_VMS TEMPLATE AR_POOL"
    )
    calls = "info:i pool:iii allocate:si delete:i reserve:is"
    changes = f"{Kind.changes} add_ar:s:ADMIN rm_ar:i:ADMIN update_ar:s hold:s release:s"
    clustered, permissions, deletes = True, "OWNER_U OWNER_M", "MANAGE"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        held, automatic = item["HELD"], item["AUTOMATIC"]
        pool = "".join(range_xml(entry, held.get(oid), alone) for oid, entry in item["RANGES"].items())
        mirrored = ("BRIDGE", "BRIDGE_TYPE", "VN_MAD", "PHYDEV", "VLAN_ID", "OUTER_VLAN_ID")
        shown: Object = {name: automatic.get(name, first(item["TEMPLATE"], name)) for name in mirrored}
        shown |= {f"{name}_AUTOMATIC": int(name in automatic) for name in mirrored[-2:]}
        shown["USED_LEASES"] = sum(len(places) for places in held.values())
        return shown | {"AR_POOL": Xml(f"<AR_POOL>{pool}</AR_POOL>")}

    def check_name(self, name: str) -> None:
        refuse((not name, "No NAME in template for Virtual Network."))
        super().check_name(name)

    def born(self, call: Call, item: Object, *_given: Any) -> None:
        template, oid = item["TEMPLATE"], item["ID"]
        mad, vlan = first(template, "VN_MAD"), first(template, "VLAN_ID")
        ids = [name for name in ("VLAN_ID", "OUTER_VLAN_ID") if take(template, f"AUTOMATIC_{name}").upper() == "YES"]
        ids = [name for name in ids if not first(template, name)]
        needed = NEEDS.get(mad, "VN_MAD")
        unnumbered = needed == "PHYDEV" and not vlan and not ids
        refuse(
            (not mad, "No VN_MAD in template for Virtual Network."),
            (mad not in BRIDGE_TYPES, f'VN_MAD named "{mad}" is not defined in oned.conf'),
            (not first(template, needed), f"{needed} is mandatory for driver {mad}"),
            (unnumbered, f"VLAN_ID (or AUTOMATIC_VLAN_ID) is mandatory for driver {mad}"),
        )
        item |= UNUSED | {"RANGES": {}, "HELD": {}, "NEXT": 0, "AUTOMATIC": {name: str(oid + 2) for name in ids}}
        item |= {"STATE": LOCK_CREATE, "PREV_STATE": 0, "SINCE": time.time(), "BRIDGE_TYPE": BRIDGE_TYPES[mad]}
        item["BRIDGE"] = first(template, "BRIDGE") or (f"onebr.{vlan}" if vlan else f"onebr{oid}")
        template |= {"BRIDGE": [item["BRIDGE"]], "BRIDGE_TYPE": [item["BRIDGE_TYPE"]]}
        template.setdefault("PHYDEV", [""])
        groups = {"0", *filter(None, first(template, "SECURITY_GROUPS").split(","))}
        template["SECURITY_GROUPS"] = [",".join(sorted(groups, key=int))]

    def updated(self, _call: Call, item: Object) -> None:
        template = item["TEMPLATE"]
        mad = first(template, "VN_MAD")
        refuse((mad not in BRIDGE_TYPES, f'VN_MAD named "{mad}" is not defined in oned.conf'))
        item["BRIDGE"] = first(template, "BRIDGE") or item["BRIDGE"]
        if (given := first(template, "BRIDGE_TYPE")) in ("linux", "openvswitch", "openvswitch_dpdk", "none"):
            item["BRIDGE_TYPE"] = given
        self.complete(item)

    def complete(self, item: Object) -> None:
        template = item["TEMPLATE"]
        template |= {"BRIDGE": [item["BRIDGE"]], "BRIDGE_TYPE": [item["BRIDGE_TYPE"]]}
        for name in ("PHYDEV", "VLAN_ID", "OUTER_VLAN_ID"):
            template.pop(f"AUTOMATIC_{name}", None)
            template.pop(name, None) if name in item["AUTOMATIC"] else template.setdefault(name, [""])

    def settled(self, item: Object) -> Object:
        if item["STATE"] == LOCK_CREATE and ready(item):
            state, template = READY, item["TEMPLATE"]
            self.complete(item)
            try:
                for entry in template.pop("AR", []):
                    self.add(item, entry)
            except OneError as error:
                state, template["ERROR"] = ERROR, [f"{time.ctime(item['SINCE'])} : {error}"]
            item |= {"STATE": state, "PREV_STATE": state}
        return item

    def add(self, item: Object, entry: Entry) -> None:
        item["RANGES"][str(item["NEXT"])] = new_range(entry, item["ID"], item["NEXT"])
        item["NEXT"] += 1

    def given(self, item: Object, name: str, text: str, verb: str, missing: str) -> list[Entry]:
        """The vectors a call is about."""
        found = [entry for entry in parse(text).get(name, []) if isinstance(entry, dict)]
        wrong = f"Could not execute one.vn.{verb}Virtual Network is in wrong state: {STATES.get(item['STATE'])}"
        refuse((item["STATE"] != READY, wrong), code=ACTION)
        refuse((not found, missing))
        return found

    def add_ar(self, _call: Call, item: Object, text: str) -> None:
        self.add(item, self.given(item, "AR", text, "add_ar", NO_RANGE)[0])

    def update_ar(self, _call: Call, item: Object, text: str) -> None:
        for new in self.given(item, "AR", text, "update_ar", NO_RANGE):
            oid = new.get("AR_ID", "")
            refuse((not oid, "AR/AR_ID attribute is missing."))
            refuse((oid not in item["RANGES"], f"Address Range with ID {oid} was not found."))
            old = item["RANGES"][oid]
            kind, used = old["TYPE"].upper(), max(item["HELD"].get(oid) or [-1])
            # Which addresses it has stays; the rest is forgotten unless it is said again.
            fixed = {name: old[name] for name in ("TYPE", "MAC", "IP", "IP6", "AR_ID", "IPAM_MAD") if name in old}
            default = {"SIZE": old["SIZE"], "PREFIX_LENGTH": old.get("PREFIX_LENGTH", "")}
            if kind in ("IP6", "IP4_6"):
                default |= {"GLOBAL_PREFIX": "", "ULA_PREFIX": ""}
            entry = (
                default
                | of_type({name: value for name, value in new.items() if value or name not in default}, kind)
                | fixed
            )
            if not kind.endswith("STATIC"):
                del entry["PREFIX_LENGTH"]
            refuse((not entry["SIZE"].isdecimal(), "Unable to read the SIZE attribute, it must be number >= 0"))
            refuse((int(entry["SIZE"]) <= used, SHRUNK))
            item["RANGES"][oid] = entry

    def rm_ar(self, _call: Call, item: Object, ar_id: int) -> None:
        oid = str(ar_id)
        refuse((item["HELD"].get(oid), "Address Range has leases in use"))
        refuse((not item["RANGES"].pop(oid, None), "Address Range does not exist"))

    def hold(self, _call: Call, item: Object, text: str, verb: str = "hold") -> None:
        lease = self.given(item, "LEASES", text, verb, "Empty lease description.")[0]
        wanted = {name: value for name, value in lease.items() if name != "AR_ID"}.items()
        for oid, entry in item["RANGES"].items():
            held = item["HELD"].get(oid, [])
            for index in range(int(entry["SIZE"])):
                if wanted <= addresses(entry, index).items() and (index in held) == (verb == "release"):
                    item["HELD"][oid] = sorted({*held} ^ {index})
                    return
        refuse((verb == "hold", "Address is not part of the address range or in use."))

    def release(self, call: Call, item: Object, text: str) -> None:
        self.hold(call, item, text, "release")

    def reserve(self, call: Call, oid: int, text: str) -> int:
        """A new network with the first free addresses of another one."""
        given, parent = parse(text), call.get(self.name, oid)
        size, name = first(given, "SIZE"), first(given, "NAME")
        unsized = not size.isdecimal() or int(size) == 0
        reserved = parent["PARENT_NETWORK_ID"] != "", "Cannot reserve addresses from a reserved VNET"
        refuse((unsized, "Reservation SIZE must be a greater than 0"), code=ACTION)
        refuse((not name, "NAME for reservation has to be set"), reserved, code=ACTION)
        call.require(("USE", self.name, parent))
        number = self.allocate(call, to_xml({**parent["TEMPLATE"], "NAME": [name]}, "TEMPLATE"), -1)
        item = call.get(self.name, number) | {"PARENT_NETWORK_ID": str(oid), "CLUSTERS": parent["CLUSTERS"], "NEXT": 1}
        for ar_id, entry in parent["RANGES"].items():
            held = parent["HELD"].get(ar_id, [])
            start = next((index for index in range(int(entry["SIZE"])) if index not in held), 0)
            places = {*range(start, start + int(size))}
            if max(places) < int(entry["SIZE"]) and not places & {*held}:
                parent["HELD"][ar_id] = sorted({*held} | places)
                own = {key: value for key, value in addresses(entry, start).items() if key in entry}
                own |= {"SIZE": size, "AR_ID": "0", "PARENT_NETWORK_AR_ID": ar_id}
                item |= {"RANGES": {"0": entry | own}, "FROM": sorted(places)}
                call.store.save(self.name, parent)
                call.store.save(self.name, item)
                return number
        call.store.delete(self.name, number)
        raise OneError("Not enough free addresses in an address range", ACTION)

    def delete(self, call: Call, oid: int, *flags: bool) -> int:
        item = call.get(self.name, oid)
        super().delete(call, oid, *flags)
        if item["PARENT_NETWORK_ID"]:
            parent = call.get(self.name, int(item["PARENT_NETWORK_ID"]))
            (ar_id,) = (entry["PARENT_NETWORK_AR_ID"] for entry in item["RANGES"].values())
            parent["HELD"][ar_id] = sorted({*parent["HELD"][ar_id]} - {*item["FROM"]})
            call.store.save(self.name, parent)
        return oid

    def undeletable(self, _call: Call, item: Object) -> str:
        return "Can not remove a virtual network with leases in use" if any(item["HELD"].values()) else ""
