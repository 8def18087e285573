# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Each method that plugins and images call has recorded answers that the stand-in is held to, a refusal among them."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from standin_cloud import Cloud
from test_transcripts import OF_6_10_0_1, OF_6_10_5, records

PROJECT = Path(__file__).resolve().parents[3]
METHOD = re.compile(r"one\.[a-z]+(\.[a-z_]+)?|system\.[a-zA-Z]+")
# What is granted of virtual machines is in test_machines. And only the master of a federation makes zones and deletes
# them.
NEVER_GRANTED = {"one.vm.action", "one.zone.allocate", "one.zone.delete"}
# A pool is never refused, only empty, and what has no session neither; the faults of the multicall are in test_answers.
NEVER_REFUSED = re.compile(r"one\.[a-z]+pool\.(info|monitoring)|system\.(listMethods|multicall)")


def nodes() -> Iterator[ast.AST]:
    for path in sorted([*(PROJECT / "plugins").rglob("*.py"), *(PROJECT / "images").rglob("*.py")]):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def written() -> set[str]:
    """All strings of the plugins."""
    return {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def spelt(part: ast.expr, strings: set[str]) -> set[str]:
    """What a part of an f-string may be: the strings in it, any kind's `method_prefix`, or any word of the plugins."""
    found = {node.value for node in ast.walk(part) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if (
        isinstance(part, ast.FormattedValue)
        and isinstance(part.value, ast.Attribute)
        and part.value.attr == "method_prefix"
    ):
        return {text for text in strings if METHOD.fullmatch(text)}
    return found or {text for text in strings if text.isidentifier()}


def known_methods() -> set[str]:
    """Those of a real oned."""
    (record,) = [record for record in records("sqlite", "02_errors") if record["method"] == "system.listMethods"]
    return set(record["response"])


def called_methods() -> set[str]:
    strings, known = written(), known_methods()
    called = {text for text in strings if METHOD.fullmatch(text)}
    for node in nodes():
        if isinstance(node, ast.JoinedStr) and re.search(r"one\.|\.method_prefix\b", ast.unparse(node)):
            choices = [spelt(part, strings) for part in node.values]
            called |= {text for text in map("".join, itertools.product(*choices)) if METHOD.fullmatch(text)} & known
    prefixes = {f"one.{method.split('.')[1]}" for method in known if method.startswith("one.")}
    unknown = called - known - prefixes
    assert not unknown, f"no oned knows {unknown}"
    return called & known


def recorded() -> Iterator[dict[str, Any]]:
    for backend, names in (("sqlite", OF_6_10_5), ("6.10.0.1", OF_6_10_0_1)):
        for name in names:
            yield from records(backend, name)


def granted(record: dict[str, Any]) -> bool:
    return "response" in record and record["response"][0] is not False


def test_the_calls_of_the_plugins_are_found() -> None:
    """One of each way in which a method is written in them."""
    called = called_methods()
    assert {"one.hostpool.info", "one.template.rename", "one.cluster.deldatastore", "one.group.addadmin"} <= called
    assert len(called) > 80
    assert "one.vm.allocate" not in called


def test_each_called_method_is_recorded_granted_and_refused() -> None:
    called = called_methods()
    grants = {record["method"] for record in recorded() if granted(record)}
    refusals = {record["method"] for record in recorded() if not granted(record)}
    missing = {f"{method} granted" for method in called - grants - NEVER_GRANTED}
    missing |= {f"{method} refused" for method in called - refusals if not NEVER_REFUSED.fullmatch(method)}
    assert not missing, f"record these with recording.py: {sorted(missing)}"


def test_the_stand_in_has_each_called_method(cloud: Cloud) -> None:
    cloud.start()
    assert called_methods() <= set(cloud.call("system.listMethods", session=""))
