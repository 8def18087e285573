# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenNebula's template language: configuration files, API arguments, and its XML form.

A template is a dict of upper-case names to lists of values; a value is a string or, for vectors, a dict.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

Value = str | dict[str, str]
Template = dict[str, list[Value]]
Rules = tuple[tuple[str, str], ...]

# What the lexer sees where a name may stand, and behind "=". The longest match counts, of equals the first.
# What no rule knows is skipped, character by character (src/parsers/template_parser.l).
NAMES: Rules = (
    ("skip", r"[ \t]*#.*\n|[ \t\n]+"),
    ("VARIABLE", r"[A-Za-z0-9_]+"),
    ("EQUAL_EMPTY", r"[ \t]*=[ \t]*\n"),
    ("EQUAL", r"[ \t]*=[ \t]*"),
    ("COMMA", r"[ \t\n]*,[ \t\n]*"),
    ("CBRACKET", r"[ \t\n]*\][ \t\n]*"),
    ("skip", r"(?s:.)"),
)
VALUES: Rules = (
    ("OBRACKET", r"[ \t]*\[[ \t\n]*"),
    ("CCDATA", r".*\]\]>.*"),
    ("QUOTED", r'"(?:\\"|[^"])*"'),
    ("STRING", r"[^=# \t\n,\[\]]+"),
    ("skip", r"(?s:.)"),
)


class ParseError(ValueError):
    """Not a template; the text is the one oned's parser gives."""


def tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, text and columns of each token; columns count bytes, so the text is taken apart as bytes."""
    raw, position, columns, rules = text.encode().decode("latin-1"), 0, "", NAMES
    while position < len(raw):
        found = [(kind, re.compile(rule).match(raw, position)) for kind, rule in rules]
        kind, match = max(found, key=lambda one: one[1].end() if one[1] else -1)
        assert match is not None, "the last rule matches everything"
        position, columns = match.end(), f"{match.start() + 1}:{match.end() + 1}"
        value = match.group()[1:-1] if kind == "QUOTED" else match.group()
        if kind != "skip":
            rules = VALUES if kind == "EQUAL" else NAMES
            yield kind.replace("QUOTED", "STRING"), value.replace('\\"', '"').encode("latin-1").decode(), columns
    yield "$end", "", columns


def parse_text(text: str) -> Template:
    left = list(tokens(text))

    def take(*expected: str) -> str:
        kind, value, columns = left[0]
        if kind not in expected:
            problem = f"unexpected {kind}, expecting {' or '.join(expected)} at line 0, columns {columns}"
            raise ParseError(f"Parse error: syntax error, {problem}")
        return left.pop(0)[1] if kind != "$end" else value

    def vector() -> dict[str, str]:
        values: dict[str, str] = {}
        take("OBRACKET")
        # The first may be the end already; after a comma there must be another.
        name = take("CBRACKET", "VARIABLE").upper()
        while name.strip() not in ("", "]"):
            take("EQUAL")
            values.setdefault(name, take("STRING"))
            name = take("VARIABLE").upper() if "," in take("COMMA", "CBRACKET") else ""
        return values

    result: Template = {}
    while left[0][0] == "VARIABLE":
        name = safe_name(take("VARIABLE"))
        value: Value = ""
        if not take("EQUAL", "EQUAL_EMPTY").endswith("\n"):
            if left[0][0] == "CCDATA":
                raise ParseError("Parse error.")
            value = vector() if left[0][0] == "OBRACKET" else take("OBRACKET", "CCDATA", "STRING")
        result.setdefault(name, []).append(value)
    take("$end")
    return result


def safe_name(name: str) -> str:
    """Names that XML does not allow get a prefix (include/Attribute.h; recorded: ONE_XMLFORM)."""
    name = name.upper()
    return f"ONE_{name}" if name.startswith("XML") or not re.match("[A-Z_]", name) else name


def parse(text: str) -> Template:
    """Parse the text or XML form of a template. Raises ParseError."""
    if not text.startswith("<"):
        return parse_text(text)
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


def to_xml(template: Template, tag: str = "TEMPLATE") -> str:
    """The XML form, names sorted as oned does; a vector without members is not shown. No tag: what is inside."""
    parts = []
    for name in sorted(template):
        for value in template[name]:
            body = cdata(value)
            if isinstance(value, dict):
                body = "".join(f"<{key}>{cdata(value[key])}</{key}>" for key in sorted(value))
            if body:
                parts.append(f"<{name}>{body}</{name}>")
    return f"<{tag}>{''.join(parts)}</{tag}>" if tag else "".join(parts)
