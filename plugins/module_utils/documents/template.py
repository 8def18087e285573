# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenNebula's template syntax: ``KEY="value"`` and ``KEY=[ A="1", B="2" ]``. Keys may repeat.

The rules of oned's parser (OpenNebula 6.10, src/parsers/template_parser.l): keys are letters, digits and ``_`` and are
stored in upper case. In a quoted value only ``\\"`` is an escape, a backslash stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Union

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.characters import bad_character

Vector = dict[str, str]
# Evaluated when the module is loaded: Python 3.9 has no | for types.
Value = Union[str, Vector, list[Union[str, Vector]]]  # noqa: UP007
Template = dict[str, Value]

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UNQUOTED = re.compile(r'[^=#\s,\[\]"]+\Z')
_TOKEN = re.compile(
    r"""
    (?P<space>[\s]+ | [ \t]*\#[^\n]*) |
    (?P<key>[A-Za-z0-9_]+)[ \t]*=[ \t]*(?:
        (?P<open>\[\s*) |
        "(?P<quoted>(?:\\"|[^"])*)" |
        (?P<bare>[^=\#\s,\[\]"]+) |
        (?P<empty>(?=\n|\Z))
    ) |
    (?P<comma>,) |
    (?P<close>\])
    """,
    re.VERBOSE,
)


# YAML reads numbers with colons, which a MAC address may look like, as numbers of base 60.
_SIXTY = 60


class TemplateError(ValueError):
    """A value that cannot be written in oned's template syntax. The text names the attribute."""


def _scalar(path: str, value: Any) -> str:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, (int, float)):
        if path.endswith("MAC") and value >= _SIXTY**5:
            places = [int(value) // _SIXTY**place % (_SIXTY if place < 5 else 100) for place in range(5, -1, -1)]
            mac = ":".join(f"{place:02}" for place in places)
            raise TemplateError(f'{path}: YAML reads a MAC address without quotes as a number: quote it, as in "{mac}"')
        return str(value)
    if not isinstance(value, str):
        # The value itself may be a secret.
        what = "None" if value is None else f"a value of type {type(value).__name__}"
        raise TemplateError(f"{path}: {what} is neither text nor a number")
    # Every value is sent as XML, and parsers of XML read a carriage return as a line feed.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    bad = bad_character(text)
    if bad is not None:
        raise TemplateError(f"{path}: control characters cannot be stored, nor emoji and the like: {bad!r}")
    if "]]>" in text:
        raise TemplateError(f"{path}: oned refuses the characters ]]> in a value")
    if text.endswith("\\") and not _UNQUOTED.match(text):
        raise TemplateError(f'{path}: a value with blanks or any of =#,[]" cannot end with a backslash')
    return text


def _key(path: str, key: Any) -> str:
    # Ansible passes names on as text.
    if str(key).lower() in ("true", "false"):
        raise TemplateError(
            f'{path}{key}: YAML reads the names ON, YES, OFF and NO as booleans: quote them, as in "ON"'
        )
    if not isinstance(key, str) or not _KEY.match(key):
        raise TemplateError(f"{path}{key}: attribute names are letters, digits and _, and do not begin with a digit")
    if key.upper().startswith("XML"):
        raise TemplateError(
            f"{path}{key}: oned stores names that begin with XML as ONE_{key.upper()}: choose another name"
        )
    return key.upper()


def _vector(path: str, value: Mapping[Any, Any]) -> Vector:
    if not value:
        raise TemplateError(f"{path}: a vector needs at least one value")
    vector: Vector = {}
    for raw, inner in value.items():
        key = _key(f"{path}.", raw)
        if key in vector:
            raise TemplateError(f"{path}.{key} is given twice: oned does not tell capitals from small letters here")
        if isinstance(inner, (Mapping, list, tuple)):
            raise TemplateError(f"{path}.{key}: oned's vectors hold plain values, not lists or further vectors")
        vector[key] = _scalar(f"{path}.{key}", inner)
    return vector


def normalize(data: Mapping[Any, Any]) -> Template:
    """Turn a user's template into what oned will return: upper-case keys, text values, lists of one item unwrapped.

    Raises TemplateError if a value cannot be written in the syntax.
    """
    template: Template = {}
    for raw, value in data.items():
        key = _key("", raw)
        if key in template:
            raise TemplateError(f"{key} is given twice: oned does not tell capitals from small letters here")
        if isinstance(value, (list, tuple)):
            items = [_vector(key, v) if isinstance(v, Mapping) else _scalar(key, v) for v in value]
            if not items:
                raise TemplateError(f"{key}: an empty list cannot be stored; use '' for an empty value")
            template[key] = items[0] if len(items) == 1 else items
        else:
            template[key] = _vector(key, value) if isinstance(value, Mapping) else _scalar(key, value)
    return template


def _quote(text: str) -> str:
    # oned would read a closing quote after a backslash as an escaped quote. Such values are sent unquoted.
    return text if text.endswith("\\") else '"' + text.replace('"', '\\"') + '"'


def render(template: Mapping[str, Value]) -> str:
    """Render a normalized template as text for one.*.update and one.*.allocate."""
    lines = []
    for key, value in template.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                lines.append(f"{key}={_quote(item)}")
            else:
                inner = ", ".join(f"{name}={_quote(text)}" for name, text in item.items())
                lines.append(f"{key}=[ {inner} ]")
    return "\n".join(lines)


def yes_no(text: str) -> str:
    """What oned makes of a boolean: YES or NO. Any other text is returned as it is."""
    word = text.strip().upper()
    return "YES" if word in ("YES", "TRUE", "1") else "NO" if word in ("NO", "FALSE", "0") else text


def is_empty(value: Value) -> bool:
    """Whether a value means the same as a missing attribute. A vector does not: it has at least one value."""
    return value == ""


def same(desired: Value, observed: Value | None) -> bool:
    """Whether two normalized template values are the same. Empty members of a vector count as absent."""

    def plain(value: Value) -> list[Any]:
        items = value if isinstance(value, list) else [value]
        return [{k: v for k, v in i.items() if not is_empty(v)} if isinstance(i, dict) else i for i in items]

    return observed is not None and plain(desired) == plain(observed)


def parse(text: str) -> Template:
    """Read template text into a normalized template. Raises TemplateError, which names the unreadable line."""
    template: dict[str, list[str | Vector]] = {}
    vector: Vector | None = None
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or (vector is None and (token["comma"] or token["close"])):
            line = text.count("\n", 0, place) + 1
            raise TemplateError(f"line {line}: cannot read {text[place : place + 30]!r}")
        place = token.end()
        if token["close"]:
            vector = None
        elif token["key"]:
            key = token["key"].upper()
            value = (token["quoted"] or token["bare"] or "").replace('\\"', '"')
            if vector is not None:
                vector[key] = value
            elif token["open"]:
                vector = {}
                template.setdefault(key, []).append(vector)
            else:
                template.setdefault(key, []).append(value)
    if vector is not None:
        raise TemplateError("a [ is never closed")
    return {key: items[0] if len(items) == 1 else items for key, items in template.items()}


def differing(desired: Template, observed: Template) -> Template:
    """Desired attributes that differ from the observed ones. A missing attribute is the same as an empty one."""
    return {key: value for key, value in desired.items() if not same(value, observed.get(key) or "")}
