# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which template attributes are secrets, and how they are hidden in results, diffs and messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.encrypted import Hidden

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_SECRET = re.compile(
    r"PASSW|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY|API_?KEY|(^|_)PWD$|(^|_)PSK$"
    # Further attributes that oned encrypts by default.
    r"|^(EC2_ACCESS|AZ_(SUB|CLIENT|TENANT)|PROVISION_BODY)$",
    re.IGNORECASE,
)
# The password in a URL.
_URL = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
# Options in which users choose the names of attributes.
_FREE = ("template", "ranges")
# Shorter texts, and these, are not secrets: hiding them would make messages unreadable.
_SHORTEST, _WORDS = 4, {"true", "false", "none", "null"}


def is_secret(key: str) -> bool:
    """Whether an attribute with this name holds a secret."""
    return _SECRET.search(key) is not None


def without(value: Any) -> Any:
    """A template, or a value of one, without the attributes that hold secrets."""
    if isinstance(value, dict):
        return {key: without(inner) for key, inner in value.items() if not is_secret(str(key))}
    if isinstance(value, list):
        return [without(item) for item in value]
    return _URL.sub(r"\1:***@", value) if isinstance(value, str) else value


def masked(value: Any, before: Any = None) -> Any:
    """A template, or a value of one, with the secrets hidden, for diffs.

    before: the former value, so that the diff shows that a secret changes.
    """
    if isinstance(value, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _masked(str(key), inner, old.get(key)) for key, inner in value.items()}
    if isinstance(value, list):
        former = before if isinstance(before, list) else [before]
        return [masked(item, former[number] if number < len(former) else None) for number, item in enumerate(value)]
    if isinstance(value, Hidden) or isinstance(before, Hidden):
        return _hidden(value, before)
    return without(value)


def _masked(key: str, value: Any, before: Any) -> Any:
    return _hidden(value, before) if is_secret(key) else masked(value, before)


def _hidden(value: Any, before: Any) -> Any:
    if not value:
        return value
    return HIDDEN if before in (None, value) else f"{HIDDEN} (changed)"


def options(params: Any) -> Any:
    """The options of a module with secrets in templates hidden. Ansible itself hides options with no_log."""
    if isinstance(params, dict):
        return {key: _free(value) if key in _FREE else options(value) for key, value in params.items()}
    return [options(item) for item in params] if isinstance(params, list) else without(params)


def _free(value: Any) -> Any:
    """A template as it may be shown. If the arguments are not valid, it may still be the text of a dictionary."""
    items = value if isinstance(value, list) else [value]
    return HIDDEN if any(isinstance(item, str) for item in items) else masked(value)


def values(params: Any, *, free: bool = False, hidden: bool = False) -> Iterator[str]:
    """The secrets in the options of a module. free, hidden: whether below an option of _FREE, below a secret."""
    if isinstance(params, dict):
        for key, value in params.items():
            yield from values(value, free=free or key in _FREE, hidden=hidden or (free and is_secret(str(key))))
    elif isinstance(params, (list, tuple)):
        for item in params:
            yield from values(item, free=free, hidden=hidden)
    elif hidden:
        # Line by line: a message that repeats the secret may have other line ends.
        yield from (line for line in str(params).splitlines() if _is_long(line))


def _is_long(text: str) -> bool:
    return len(text) >= _SHORTEST and text.lower() not in _WORDS


def message(text: str, hidden: Iterable[str]) -> str:
    """A message without secrets, in case oned repeats a value it received."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "********")
    return _URL.sub(r"\1:***@", text)
