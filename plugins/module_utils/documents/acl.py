# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rules, in the notation of users and as oned stores them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import SetupError

# Bits of the upper half of a component (OpenNebula 6.10, include/AclRule.h, and recorded rules).
_INDIVIDUAL, _GROUP, _ALL, _CLUSTER = (bit << 32 for bit in (0x1, 0x2, 0x4, 0x8))
_SHIFT = 36
RESOURCES = {
    "VM": 0x1,
    "HOST": 0x2,
    "NET": 0x4,
    "IMAGE": 0x8,
    "USER": 0x10,
    "TEMPLATE": 0x20,
    "GROUP": 0x40,
    "DATASTORE": 0x100,
    "CLUSTER": 0x200,
    "DOCUMENT": 0x400,
    "ZONE": 0x800,
    "SECGROUP": 0x1000,
    "VDC": 0x2000,
    "VROUTER": 0x4000,
    "MARKETPLACE": 0x8000,
    "MARKETPLACEAPP": 0x10000,
    "VMGROUP": 0x20000,
    "VNTEMPLATE": 0x40000,
    "BACKUPJOB": 0x100000,
}
RIGHTS = {"USE": 1, "MANAGE": 2, "ADMIN": 4, "CREATE": 8}
_SIGN_BITS = {"#": _INDIVIDUAL, "@": _GROUP, "%": _CLUSTER}
_SIGN_KINDS = {"@": "group", "%": "cluster"}
_IN_CLUSTERS = {"DATASTORE", "HOST", "NET"}
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Rule:
    """What oned stores: four numbers."""

    user: int
    resource: int
    rights: int
    zone: int

    @property
    def parameters(self) -> tuple[str, str, str, str]:
        """The parameters of one.acl.addrule."""
        return hex(self.user), hex(self.resource), hex(self.rights), hex(self.zone)

    def __str__(self) -> str:
        """The notation of oned and its command line."""
        resources = "+".join(name for name, bit in RESOURCES.items() if self.resource >> _SHIFT & bit)
        rights = "+".join(name for name, bit in RIGHTS.items() if self.rights & bit)
        return f"{_who(self.user)} {resources}/{_who(self.resource)} {rights} {_who(self.zone)}"


def _who(component: int) -> str:
    sign = next((sign for sign, bit in _SIGN_BITS.items() if component & bit), None)
    return "*" if sign is None else f"{sign}{component & _MASK}"


def named(text: str) -> set[tuple[str, str]]:
    """The objects that a rule references by name, as (kind, name). Raises SetupError."""
    return {(kind, name) for kind, name in _names(_split(text)) if not name.isdecimal()}


def _names(parts: list[str]) -> list[tuple[str, str]]:
    user, resource = parts[0], parts[1].partition("/")[2]
    found = [("user" if user[0] == "#" else "group", user[1:])] if user[0] in "#@" else []
    return found + ([(_SIGN_KINDS[resource[0]], resource[1:])] if resource[:1] in _SIGN_KINDS else [])


def _split(text: str) -> list[str]:
    try:
        parts = shlex.split(text)
    except ValueError:
        raise SetupError(f"rule {text!r}: a quote is never closed") from None
    if len(parts) == 3:
        parts.append("#0")
    if len(parts) != 4:
        raise SetupError(
            f"rule {text!r}: a rule is USER RESOURCES/WHICH RIGHTS, and a zone if you like; quote names with blanks"
        )
    return parts


def parse(text: str, numbers: Mapping[tuple[str, str], int]) -> Rule:
    """Read a rule such as ``@devs VM+NET/%100 USE+MANAGE *``. Raises SetupError, which says what cannot be read.

    numbers: ids of the objects that `named` returns.
    """
    user, resource, rights, zone = _split(text)
    resources, slash, which = resource.partition("/")
    if not slash:
        raise SetupError(f"rule {text!r}: after the resources stands a / and which ones: *, #ID, @GROUP or %CLUSTER")
    if which.startswith("%") and not set(resources.upper().split("+")) <= _IN_CLUSTERS:
        raise SetupError(f"rule {text!r}: only {', '.join(sorted(_IN_CLUSTERS))} can be chosen by cluster (%)")
    user_kinds = {"#": "user", "@": "group"}
    return Rule(
        _component(text, "user", user, "#@", user_kinds, numbers),
        _bits(text, "resource", resources, RESOURCES) << _SHIFT
        | _component(text, "which", which, "#@%", _SIGN_KINDS, numbers),
        _bits(text, "right", rights, RIGHTS),
        _component(text, "zone", zone, "#", {}, numbers),
    )


def _bits(text: str, what: str, given: str, known: Mapping[str, int]) -> int:
    value = 0
    for name in given.split("+"):
        if name.upper() not in known:
            raise SetupError(f"rule {text!r}: there is no {what} {name!r}; there are {', '.join(known)}")
        value |= known[name.upper()]
    return value


def _component(
    text: str, what: str, given: str, signs: str, sign_kinds: Mapping[str, str], numbers: Mapping[tuple[str, str], int]
) -> int:
    if given == "*":
        return _ALL
    sign, name = given[:1], given[1:]
    if not sign or sign not in signs or not name:
        listed = ", ".join(f"{sign}..." for sign in signs)
        raise SetupError(f"rule {text!r}: the {what} {given!r} is none of *, {listed}")
    if re.fullmatch(r"[0-9]{1,9}", name):
        return _SIGN_BITS[sign] | int(name)
    kind = sign_kinds.get(sign)
    if kind is None or (kind, name) not in numbers:
        raise SetupError(f"rule {text!r}: there is no {kind or what} {name!r}")
    return _SIGN_BITS[sign] | numbers[kind, name]
