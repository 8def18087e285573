# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which template attributes are secrets, and how results do without them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_SECRET = re.compile(
    r"PASSW|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY|EC2_ACCESS|API_?KEY|(^|_)PWD$|(^|_)PSK$"
)


def is_secret(key: str) -> bool:
    """Whether an attribute of this name (in capitals) holds a secret."""
    return _SECRET.search(key) is not None


def among(value: Any) -> bool:
    """Whether a template, or a value of one, holds a secret."""
    return bool(without(value) != value)


def without(value: Any) -> Any:
    """A template, or a value of one, without the attributes that hold secrets."""
    if isinstance(value, dict):
        return {key: without(inner) for key, inner in value.items() if not is_secret(key)}
    return [without(item) for item in value] if isinstance(value, list) else value


def values(value: Any) -> Iterator[str]:
    """The secrets in a template as a user wrote it, or in a value of one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner) if is_secret(str(key).upper()) else values(inner)
    elif isinstance(value, list):
        for item in value:
            yield from values(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (Mapping, list)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif value not in (None, ""):
        yield str(value)


def masked(value: Any, before: Any = None) -> Any:
    """A template, or a value of one, with the secrets hidden, for diffs.

    before: what it was, so that a secret that changes shows as something that changes.
    """
    if isinstance(value, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _masked(key, inner, old.get(key)) for key, inner in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def _masked(key: str, value: Any, before: Any) -> Any:
    if not is_secret(key) or not value:
        return masked(value, before)
    return HIDDEN if before in (None, value) else f"{HIDDEN} (changed)"
