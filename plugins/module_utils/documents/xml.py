# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts oned's XML documents into plain Python: pools, objects and their TEMPLATE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template, Vector
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError

Element = ElementTree.Element

# Probes may write characters that XML 1.0 forbids. One such object must not make the whole pool unreadable.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse(document: str, method: str = "") -> Element:
    """Parse one document. Raises OnedError (code 0), which names the method, if it is not XML."""
    try:
        return ElementTree.fromstring(_FORBIDDEN.sub("", document))
    except ElementTree.ParseError as error:
        raise OnedError(method, 0, f"the answer to {method or 'a call'} is not XML: {error}") from error


def objects(document: str, tag: str, method: str = "") -> list[Element]:
    """The objects of a pool, e.g. every HOST of a HOST_POOL, in oned's order (newest first by default)."""
    return parse(document, method).findall(tag)


def text(element: Element, path: str, default: str = "") -> str:
    """Text of the first element at `path`, or `default` if there is none."""
    found = element.find(path)
    return default if found is None else (found.text or "")


def number(element: Element, path: str, default: int = 0, base: int = 10) -> int:
    """Integer at `path`, or `default` if there is none or it is empty. Raises OnedError for anything else."""
    value = text(element, path).strip()
    return _whole(path, value, base) if value else default


def named(names: Sequence[str], element: Element, path: str) -> str:
    """The entry of `names` for the number at `path`, or UNKNOWN_<number>."""
    found = number(element, path)
    return names[found] if 0 <= found < len(names) else f"UNKNOWN_{found}"


def ids(element: Element, path: str) -> list[int]:
    """The ids below `path`, e.g. ``ids(host, "VMS")``. Raises OnedError for anything else."""
    return [_whole(path, (child.text or "-1").strip()) for child in element.findall(f"{path}/ID")]


def _whole(path: str, value: str, base: int = 10) -> int:
    try:
        return int(value, base)
    except ValueError as error:
        raise OnedError("", 0, f"oned's answer holds {value[:30]!r} as {path}, where a number should be") from error


def template(element: Element, path: str = "TEMPLATE") -> Template:
    """A TEMPLATE element as a dictionary. The value of a key that repeats is a list."""
    found = element.find(path)
    collected: dict[str, list[str | Vector]] = {}
    for child in found if found is not None else []:
        collected.setdefault(child.tag, []).append(_value(child))
    return {key: items[0] if len(items) == 1 else items for key, items in collected.items()}


def _value(element: Element) -> str | Vector:
    if len(element) == 0:
        return element.text or ""
    return {child.tag: child.text or "" for child in element}


def tree(element: Element) -> Any:
    """Any element as nested dictionaries, lists and text, for parts of any depth such as MONITORING."""
    if len(element) == 0:
        return element.text or ""
    collected: dict[str, list[Any]] = {}
    for child in element:
        collected.setdefault(child.tag, []).append(tree(child))
    return {key: items[0] if len(items) == 1 else items for key, items in collected.items()}
