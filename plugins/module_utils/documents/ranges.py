# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address ranges of virtual networks: which oned takes, and when two are the same.

The rules of OpenNebula 6.10, src/vnm/AddressRange.cc. oned itself drops what the type of a range does not have, reads
any text as a MAC address, and tells other mistakes of a new network only after it has created the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax

Range = dict[str, str]

# What ranges of each type need besides a size, and what else they may have, of the attributes that depend on the type.
_STATIC = ("IP6", "PREFIX_LENGTH")
_PREFIXES = ("GLOBAL_PREFIX", "ULA_PREFIX")
_TYPES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ETHER": ((), ()),
    "IP4": (("IP",), ()),
    "IP6": ((), _PREFIXES),
    "IP4_6": (("IP",), _PREFIXES),
    "IP6_STATIC": (_STATIC, ()),
    "IP4_6_STATIC": (("IP", *_STATIC), ()),
}
_OF_TYPES = ("IP", *_STATIC, *_PREFIXES)
# An existing range keeps these. All others are changed in place, even if addresses are in use.
_FIXED = ("TYPE", "IP", "IP6", "MAC", "IPAM_MAD")
_ID, _RESERVED, _ALLOCATED = "AR_ID", "PARENT_NETWORK_AR_ID", "ALLOCATED"
# What oned calculates whenever it lists a range.
_COMPUTED = {_ALLOCATED, "LEASES", "USED_LEASES"}
_COMPUTED |= {f"{name}_END" for name in ("MAC", "IP", "IP6")}
_COMPUTED |= {f"IP6_{name}" for name in ("ULA", "ULA_END", "GLOBAL", "GLOBAL_END")}
_OWN = _COMPUTED | {_ID, _RESERVED, "PARENT_NETWORK"}


def _ipv4(text: str) -> str:
    return str(IPv4Address(text))


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError(text)
    return str(IPv6Address(text))


def _prefix(text: str) -> str:
    # oned takes a whole address and uses its first half.
    return str(IPv6Address(int(IPv6Address(_ipv6(text))) >> 64 << 64))


def _mac(text: str) -> str:
    if not re.fullmatch("[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}", text):
        raise ValueError(text)
    return ":".join(f"{int(byte, 16):02x}" for byte in text.split(":"))


def _number(highest: int) -> Callable[[str], str]:
    def number(text: str) -> str:
        if not re.fullmatch("[0-9]+", text) or int(text) > highest:
            raise ValueError(text)
        return str(int(text))

    return number


# How values are read, and what they are.
_FORMS: Mapping[str, tuple[Callable[[str], str], str]] = {
    "TYPE": (str.upper, "a type"),
    "IP": (_ipv4, "an IPv4 address such as 192.0.2.10"),
    "IP6": (_ipv6, "an IPv6 address such as 2001:db8::10"),
    "GLOBAL_PREFIX": (_prefix, "an IPv6 prefix without its length, such as 2001:db8::"),
    "ULA_PREFIX": (_prefix, "an IPv6 prefix without its length, such as fd00::"),
    "PREFIX_LENGTH": (_number(128), "a whole number up to 128"),
    "MAC": (_mac, "a MAC address such as '02:00:c0:00:02:0a'"),
    "SIZE": (_number(2**64 - 1), f"a whole number up to {2**64 - 1}"),
    "PORT_START": (_number(65535), "a port"),
    "PORT_SIZE": (_number(65535), "a number of ports"),
}


def desired(given: Mapping[str, Any], ipam: str = "") -> Range:
    """A range as the user wrote it, with each value in one notation. Raises TemplateError.

    ipam: the IPAM driver of the network, which completes the ranges that the user gives.
    """
    entry = syntax.normalize({"AR": given})["AR"]
    if not isinstance(entry, dict) or not entry.get("TYPE"):
        raise syntax.TemplateError("a range needs type and size")
    kind = entry["TYPE"].strip().upper()
    if kind not in _TYPES:
        raise syntax.TemplateError(f"TYPE: {entry['TYPE']!r} is none of {', '.join(_TYPES)}")
    foreign = _foreign(kind, entry)
    if foreign is not None:
        raise syntax.TemplateError(foreign)
    entry = {key: _read(key, value.strip()) if key in _FORMS else value for key, value in entry.items()}
    managed = (entry.get("IPAM_MAD") or ipam) not in ("", "internal")
    problem = None if managed else _incomplete(kind, entry)
    if problem is not None:
        raise syntax.TemplateError(problem)
    # An empty prefix removes one. There is no range with another attribute of these without value.
    return {key: value for key, value in entry.items() if value or key in _PREFIXES or key not in _FORMS}


def _read(key: str, text: str) -> str:
    read, what = _FORMS[key]
    try:
        return read(text) if text else ""
    except ValueError as error:
        raise syntax.TemplateError(f"{key}: {text!r} is not {what}") from error


def _foreign(kind: str, entry: Range) -> str | None:
    """Which attribute a range of this type cannot have."""
    for key in entry:
        if key in _OWN:
            return f"{key}: oned sets it itself, so leave it out"
        if key in _OF_TYPES and entry[key] and key not in _allowed(kind):
            having = ", ".join(name for name in _TYPES if key in _allowed(name))
            return f"{key}: oned drops it from a range of type {kind}: leave it out, or choose one of {having}"
    return None


def _allowed(kind: str) -> tuple[str, ...]:
    needed, optional = _TYPES[kind]
    return needed + optional


def _incomplete(kind: str, entry: Range) -> str | None:
    """What a range of this type lacks."""
    needed, _optional = _TYPES[kind]
    missing = [key.lower() for key in needed if not entry.get(key)]
    also = f"one of type {kind} also {' and '.join(missing)}" if missing else ""
    # oned fills a static prefix from its first address on.
    if not entry.get("SIZE") and "IP6" not in needed:
        return f"a range needs type and size{also and ', and '}{also}"
    if missing:
        return f"a range needs type and size, and {also}"
    for key, address in (("IP", IPv4Address), ("IP6", IPv6Address)):
        if entry.get(key) and entry.get("SIZE"):
            try:
                address(int(address(entry[key])) + max(int(entry["SIZE"]) - 1, 0))
            except ValueError:
                return f"SIZE: there are no {entry['SIZE']} addresses from {entry[key]} on"
    return None


def stored(entry: Mapping[str, str]) -> Range:
    """A range as oned lists it, without what oned calculates."""
    return {key: value for key, value in entry.items() if key not in _COMPUTED}


def last_in_use(entry: Mapping[str, str]) -> int | None:
    """The place of the last address in use within a range that oned lists, or None."""
    # Pairs of a place and who uses its address.
    places = entry.get(_ALLOCATED, "").split()[::2]
    # Until a network is READY, its ranges are what somebody wrote.
    return max((int(place) for place in places if place.isdecimal()), default=None)


def is_reserved(entry: Range) -> bool:
    """Whether a range is reserved from another network."""
    return _RESERVED in entry


def name(entry: Range) -> str:
    """A range in messages."""
    first = entry.get("IP") or entry.get("IP6") or entry.get("MAC", "")
    return f"range {entry[_ID]} ({first})" if _ID in entry else f"range {first or entry['TYPE']}"


def changed(wanted: Range, existing: Range) -> Range:
    """The attributes to be changed in place."""
    given, found = _canonical(wanted), _canonical(existing)
    return {
        key: value for key, value in wanted.items() if key not in _FIXED and given.get(key, "") != found.get(key, "")
    }


def merged(wanted: Range, existing: Range) -> Range:
    """An existing range with the desired attributes. oned drops those that are not sent, so all are there."""
    return {**existing, **changed(wanted, existing)}


def _canonical(entry: Range) -> Range:
    """A range with each value in one notation. What oned took although it has none, such as any text as MAC, stays."""
    found = {"IPAM_MAD": "internal"}
    for key, value in entry.items():
        if value:
            try:
                found[key] = _FORMS[key][0](value.strip()) if key in _FORMS else value
            except ValueError:
                found[key] = value
    return found


@dataclass(frozen=True)
class Match:
    """Pairs of a desired and the same existing range, desired ranges without, and existing ones without.

    reserved: existing ranges without a desired one that are reserved from another network.
    """

    pairs: list[tuple[Range, Range]]
    missing: list[Range]
    surplus: list[Range]
    reserved: list[Range]


def match(wanted: list[Range], existing: list[Range], in_use: Collection[str]) -> Match:
    """Compare ranges. in_use: ids of ranges with addresses in use, which are found before others that fit as well."""
    ordered = sorted(existing, key=lambda entry: (not is_reserved(entry), entry.get(_ID) not in in_use))
    unmatched = [(_canonical(entry), entry) for entry in ordered]
    given = [{key: found.get(key, "") for key in entry} for entry in wanted for found in [_canonical(entry)]]
    pairs: dict[int, Range] = {}
    # Ranges that are alike are told apart by what may be changed too, so that none is changed into another.
    for keys in (None, (*_FIXED, *_PREFIXES), _FIXED):
        for place, values in enumerate(given):
            alike = (pair for pair in unmatched if place not in pairs and _same(values, pair[0], keys))
            pair = next(alike, None)
            if pair is not None:
                unmatched.remove(pair)
                pairs[place] = pair[1]
    left = [entry for _values, entry in unmatched]
    return Match(
        [(wanted[place], pairs[place]) for place in sorted(pairs)],
        [entry for place, entry in enumerate(wanted) if place not in pairs],
        # While a network is being created, its ranges have no ids, by which they could be removed.
        [entry for entry in left if _ID in entry and not is_reserved(entry)],
        [entry for entry in left if is_reserved(entry)],
    )


def _same(given: Range, found: Range, keys: Collection[str] | None) -> bool:
    """Whether the given attributes are the same, of `keys` or of all."""
    return all(value == found.get(key, "") for key, value in given.items() if keys is None or key in keys)
