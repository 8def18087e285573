# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenNebula's template language: configuration files, API arguments, and its XML form.

A template is a dict of upper-case names to lists of values; a value is a string or, for vectors, a dict.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

Value = str | dict[str, str]
Template = dict[str, list[Value]]

# What the lexer sees where a name may stand, and behind "=". The longest match counts, of equals the first.
# What no rule knows is skipped, character by character (src/parsers/template_parser.l).
NAMES = (
    ("skip", r"[ \t]*#.*\n|[ \t\n]+"),
    ("VARIABLE", r"[A-Za-z0-9_]+"),
    ("EQUAL_EMPTY", r"[ \t]*=[ \t]*\n"),
    ("EQUAL", r"[ \t]*=[ \t]*"),
    ("COMMA", r"[ \t\n]*,[ \t\n]*"),
    ("CBRACKET", r"[ \t\n]*\][ \t\n]*"),
    ("skip", r"(?s:.)"),
)
VALUES = (
    ("OBRACKET", r"[ \t]*\[[ \t\n]*"),
    ("CCDATA", r".*\]\]>.*"),
    ("QUOTED", r'"(?:\\"|[^"])*"'),
    ("STRING", r"[^=# \t\n,\[\]]+"),
    ("skip", r"(?s:.)"),
)


class ParseError(ValueError):
    """Not a template; the text is the one oned's parser gives."""


class _Parser:
    """One token ahead; columns count bytes, so the text is taken apart as bytes."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text.encode().decode("latin-1"), 0
        self.rules: tuple[tuple[str, str], ...] = NAMES
        self.kind, self.value, self.columns = "", "", ""
        self.advance()

    def advance(self) -> None:
        self.kind = "skip"
        while self.kind == "skip" and self.position < len(self.text):
            found = [(kind, re.compile(rule).match(self.text, self.position)) for kind, rule in self.rules]
            kind, match = max(found, key=lambda one: one[1].end() if one[1] else -1)
            assert match is not None, "the last rule matches everything"
            self.kind, self.value, self.position = kind, match.group(), match.end()
            self.columns = f"{match.start() + 1}:{match.end() + 1}"
        if self.kind == "skip":
            self.kind = "$end"
        if self.kind == "QUOTED":
            self.kind, self.value = "STRING", self.value[1:-1]
        self.rules = VALUES if self.kind == "EQUAL" else NAMES

    def take(self, *expected: str) -> str:
        """The token at hand, which must be of one of these kinds."""
        if self.kind not in expected:
            kinds = " or ".join(expected)
            where = f"at line 0, columns {self.columns}"
            raise ParseError(f"Parse error: syntax error, unexpected {self.kind}, expecting {kinds} {where}")
        value = self.value.replace('\\"', '"').encode("latin-1").decode()
        self.advance()
        return value

    def vector(self) -> dict[str, str]:
        values: dict[str, str] = {}
        self.take("OBRACKET")
        if self.kind != "CBRACKET":
            self.member(values, "CBRACKET", "VARIABLE")
        while self.kind == "COMMA":
            self.take("COMMA")
            self.member(values, "VARIABLE")
        self.take("COMMA", "CBRACKET")
        return values

    def member(self, values: dict[str, str], *expected: str) -> None:
        name = self.take(*expected).upper()
        self.take("EQUAL")
        values.setdefault(name, self.take("STRING"))

    def parse(self) -> Template:
        result: Template = {}
        while self.kind == "VARIABLE":
            name, value = safe_name(self.take("VARIABLE")), ""
            has_value = self.kind == "EQUAL"
            self.take("EQUAL", "EQUAL_EMPTY")
            if self.kind == "CCDATA":
                raise ParseError("Parse error.")
            is_vector = has_value and self.kind == "OBRACKET"
            if has_value and not is_vector:
                value = self.take("OBRACKET", "CCDATA", "STRING")
            result.setdefault(name, []).append(self.vector() if is_vector else value)
        self.take("$end")
        return result


def safe_name(name: str) -> str:
    """Names that XML does not allow get a prefix (include/Attribute.h; recorded: ONE_XMLFORM)."""
    name = name.upper()
    return f"ONE_{name}" if name.startswith("XML") or not re.match("[A-Z_]", name) else name


def parse(text: str) -> Template:
    """Parse the text or XML form of a template. Raises ParseError."""
    if not text.startswith("<"):
        return _Parser(text).parse()
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ParseError("Parse error: XML Template malformed.") from error
    result: Template = {}
    for element in root:
        inner = {safe_name(child.tag): child.text or "" for child in element}
        result.setdefault(safe_name(element.tag), []).append(inner or element.text or "")
    return result


def first(template: Template, name: str, default: str = "") -> str:
    """The first scalar of a name."""
    value = next(iter(template.get(name, [])), default)
    return value if isinstance(value, str) else default


def vector(template: Template, name: str) -> dict[str, str]:
    """The last vector of a name: in configuration files a later section replaces an earlier one."""
    vectors = [value for value in template.get(name, []) if isinstance(value, dict)]
    return vectors[-1] if vectors else {}


def cdata(text: object) -> str:
    return f"<![CDATA[{text}]]>"


def elements(item: Mapping[str, object], *names: str) -> str:
    return "".join(f"<{name}>{item[name]}</{name}>" for name in names)


def ids(tag: str, values: list[int]) -> str:
    return f"<{tag}>{''.join(f'<ID>{value}</ID>' for value in values)}</{tag}>"


def to_xml(template: Template, tag: str = "TEMPLATE") -> str:
    """The XML form, names sorted as oned's multimap does; a vector without members is not shown."""
    parts = []
    for name in sorted(template):
        for value in template[name]:
            body = cdata(value)
            if isinstance(value, dict):
                body = "".join(f"<{key}>{cdata(value[key])}</{key}>" for key in sorted(value))
            if body:
                parts.append(f"<{name}>{body}</{name}>")
    return f"<{tag}>{''.join(parts)}</{tag}>"


def masked(template: Template) -> Template:
    """What oned logs, writes to `config`, and shows to users outside the group oneadmin."""
    secrets = ("BACKEND", "SERVER", "PORT", "USER", "PASSWD", "DB_NAME")
    shown = {name: "***" if name in secrets else value for name, value in vector(template, "DB").items()}
    return template | {"DB": [shown]}


def to_text(template: Template) -> str:
    lines = []
    for name in sorted(template):
        for value in template[name]:
            shown = f'"{value}"'
            if isinstance(value, dict):
                shown = "[" + ",".join(f'{key}="{value[key]}"' for key in sorted(value)) + "]"
            lines.append(f"{name}={shown}")
    return "\n".join(lines)
