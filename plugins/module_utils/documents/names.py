# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names oned and Kubernetes accept, checked before either is called, and the address of a hypervisor."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.characters import bad_character

_ENDS = "-._"
_OBJECT_REFUSES = "&|:\\\";/'#{}$<>"
_HOST_CHARACTER = re.compile(r"[A-Za-z0-9._-]")
_DRIVER = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def host_name_problem(name: str) -> str | None:
    """Why oned would refuse `name` for a host, or None.

    The rules are those of OpenNebula 6.10.5, src/host/HostPool.cc (6.10.0 accepts names that SSH cannot use): 2 to 63
    letters, digits, ``-``, ``.`` and ``_``, the last three neither first nor last.
    """
    if not 2 <= len(name) <= 63:
        return f"it has {len(name)} characters, OpenNebula takes 2 to 63"
    bad = next((c for c in name if not _HOST_CHARACTER.match(c)), None)
    if bad is not None:
        return f"it holds {bad!r}, OpenNebula takes letters, digits, '-', '.' and '_'"
    if name[0] in _ENDS:
        return f"it begins with {name[0]!r}"
    if name[-1] in _ENDS:
        return f"it ends with {name[-1]!r}"
    return None


def driver_problem(name: str) -> str | None:
    """Why `name` cannot be the name of a driver, or None."""
    return None if _DRIVER.match(name) else f"{name!r} is no name of a driver: these hold letters, digits, '-' and '_'"


def is_dns_label(name: str) -> bool:
    """Whether `name` is valid for a Kubernetes Service: an RFC 1035 label, which begins with a lower-case letter."""
    return _DNS_LABEL.match(name) is not None


def distinct(name: str, new_name: str) -> list[str]:
    """Both names, or one if they differ only in case."""
    return [name] if name.casefold() == new_name.casefold() else [name, new_name]


def repeated(names: list[str]) -> list[str]:
    """Names that occur more than once. Case is ignored, as by oned on MariaDB."""
    alike = Counter(name.casefold() for name in names)
    return list(dict.fromkeys(name for name in names if alike[name.casefold()] > 1))


def object_name_problem(name: str, also: str = "") -> str | None:
    """Why oned would refuse `name` for an object other than a host, or None. also: further characters to refuse.

    The rules were observed on oned 6.10.0.1: 1 to 128 characters, none of ``&|:\\";/'#{}$<>``.
    oned accepts unprintable characters, but nobody could tell such names apart.
    """
    if not name:
        return "it is empty"
    if len(name) > 128:
        return f"it has {len(name)} characters, OpenNebula takes up to 128"
    bad = bad_character(name) or next((c for c in name if c in _OBJECT_REFUSES + also or not c.isprintable()), None)
    return None if bad is None else f"it holds {bad!r}"


def hypervisor_address(name: str, variables: Mapping[str, Any]) -> str:
    """The address at which the front-end reaches a hypervisor of the inventory. variables: of the hypervisor."""
    return str(variables.get("hypervisor_address") or variables.get("ansible_host") or name)
