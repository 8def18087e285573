# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenNebula's template language: configuration files, API arguments, and its XML form.

A template is a dict of upper-case names to lists of values; a value is a string or, for vectors, a dict.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

Value = str | dict[str, str]
Template = dict[str, list[Value]]

TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\n]+|\#[^\n]*) | (?P<VARIABLE>[A-Za-z0-9_.\-/]+) | (?P<EQUAL>=)
      | (?P<OBRACKET>\[) | (?P<CBRACKET>\]) | (?P<COMMA>,) | (?P<QUOTED>"(?:\\.|[^"\\])*") | (?P<other>.)""",
    re.X | re.S,
)
# What follows "=" without quotes runs to the end of the line, or inside a vector to "," or "]".
BARE, BARE_IN_VECTOR = re.compile(r"[^\n\[\"#][^\n]*"), re.compile(r"[^\n,\]\"]+")


class ParseError(ValueError):
    """Not a template; the text is the one oned's parser gives."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.position, self.line_start, self.line = text, 0, 0, 0

    def peek(self) -> re.Match[str] | None:
        while match := TOKEN.match(self.text, self.position):
            if match.lastgroup != "skip":
                return match
            self.position = match.end()
            newlines = match.group().count("\n")
            if newlines:
                self.line += newlines
                self.line_start = match.start() + match.group().rindex("\n") + 1
        return None

    def take(self, kind: str, expecting: str) -> str:
        match = self.peek()
        if match is None or match.lastgroup != kind:
            found = "end of file" if match is None else str(match.lastgroup)
            end = self.position if match is None else match.end()
            columns = f"{self.position - self.line_start + 1}:{end - self.line_start + 1}"
            raise ParseError(
                f"syntax error, unexpected {found}, expecting {expecting} at line {self.line}, columns {columns}"
            )
        self.position = match.end()
        return match.group()

    def scalar(self, bare: re.Pattern[str]) -> str:
        # Only blanks may stand between "=" and its value: a value on the next line is an empty value.
        while self.position < len(self.text) and self.text[self.position] in " \t":
            self.position += 1
        if self.text[self.position : self.position + 1] == '"':
            quoted = self.take("QUOTED", "STRING")
            return re.sub(r"\\([\"\\])", r"\1", quoted[1:-1])
        match = bare.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match.group().strip()

    def vector(self) -> dict[str, str]:
        values: dict[str, str] = {}
        self.take("OBRACKET", "OBRACKET")
        while True:
            name = self.take("VARIABLE", "VARIABLE").upper()
            self.take("EQUAL", "EQUAL or EQUAL_EMPTY")
            values[name] = self.scalar(BARE_IN_VECTOR)
            following = self.peek()
            if following is None or following.lastgroup != "COMMA":
                self.take("CBRACKET", "COMMA or CBRACKET")
                return values
            self.position = following.end()

    def parse(self) -> Template:
        result: Template = {}
        while self.peek() is not None:
            name = self.take("VARIABLE", "VARIABLE").upper()
            self.take("EQUAL", "EQUAL or EQUAL_EMPTY")
            value: Value
            is_vector = re.match(r"[ \t\r\n]*\[", self.text[self.position :])
            value = self.vector() if is_vector else self.scalar(BARE)
            result.setdefault(safe_name(name), []).append(value)
        return result


def safe_name(name: str) -> str:
    """XML reserves names that begin with "xml"; oned prefixes them (recorded: XMLFORM becomes ONE_XMLFORM)."""
    return f"ONE_{name}" if name.upper().startswith("XML") else name.upper()


def parse(text: str) -> Template:
    """Parse the text or XML form of a template."""
    if not text.lstrip().startswith("<"):
        return _Parser(text).parse()
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ParseError(str(error)) from error
    result: Template = {}
    for element in root:
        value: Value = {safe_name(c.tag): c.text or "" for c in element} if len(element) else element.text or ""
        result.setdefault(safe_name(element.tag), []).append(value)
    return result


def first(template: Template, name: str, default: str = "") -> str:
    """The first scalar of a name."""
    value = next(iter(template.get(name, [])), default)
    return value if isinstance(value, str) else default


def vector(template: Template, name: str) -> dict[str, str]:
    """The last vector of a name: in configuration files a later section replaces an earlier one."""
    vectors = [value for value in template.get(name, []) if isinstance(value, dict)]
    return vectors[-1] if vectors else {}


def merge(old: Template, new: Template) -> Template:
    """What an update with append does: every name the new template holds is replaced."""
    return {**old, **new}


def cdata(text: object) -> str:
    return f"<![CDATA[{text}]]>"


def to_xml(template: Template, tag: str = "TEMPLATE") -> str:
    """The XML form, names sorted as oned's multimap does."""
    parts = []
    for name in sorted(template):
        for value in template[name]:
            if isinstance(value, dict):
                body = "".join(f"<{k}>{cdata(value[k])}</{k}>" for k in sorted(value))
            else:
                body = cdata(value)
            parts.append(f"<{name}>{body}</{name}>")
    return f"<{tag}>{''.join(parts)}</{tag}>"


def to_text(template: Template) -> str:
    """The text form, with the database password masked as oned masks it in its log and its `config` file."""
    lines = []
    for name in sorted(template):
        for value in template[name]:
            if isinstance(value, dict):
                shown = {k: "***" if name == "DB" and k in ("USER", "PASSWD") else v for k, v in value.items()}
                inner = ",".join(f'{k}="{shown[k]}"' for k in sorted(shown))
                lines.append(f"{name}=[{inner}]")
            else:
                lines.append(f'{name}="{value}"')
    return "\n".join(lines)
