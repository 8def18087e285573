# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which template attributes are secrets, and how results do without them."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.encrypted import Hidden

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_SECRET = re.compile(
    r"PASSW|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY|API_?KEY|(^|_)PWD$|(^|_)PSK$"
    # What oned keeps encrypted beside, unless its configuration says otherwise.
    r"|^(EC2_ACCESS|AZ_(SUB|CLIENT|TENANT)|PROVISION_BODY)$"
)


def is_secret(key: str) -> bool:
    """Whether an attribute of this name (in capitals) holds a secret."""
    return _SECRET.search(key) is not None


def without(value: Any) -> Any:
    """A template, or a value of one, without the attributes that hold secrets."""
    if isinstance(value, dict):
        return {key: without(inner) for key, inner in value.items() if not is_secret(key)}
    return [without(item) for item in value] if isinstance(value, list) else value


def masked(value: Any, before: Any = None) -> Any:
    """A template, or a value of one, with the secrets hidden, for diffs.

    before: what it was, so that a secret that changes shows as something that changes.
    """
    if isinstance(value, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _masked(key, inner, old.get(key)) for key, inner in value.items()}
    if isinstance(value, list):
        there = before if isinstance(before, list) else [before]
        return [masked(item, there[number] if number < len(there) else None) for number, item in enumerate(value)]
    return HIDDEN if isinstance(value, Hidden) or isinstance(before, Hidden) else value


def _masked(key: str, value: Any, before: Any) -> Any:
    hidden = is_secret(key) or isinstance(value, Hidden) or isinstance(before, Hidden)
    if not hidden or not value:
        return masked(value, before)
    return HIDDEN if before in (None, value) else f"{HIDDEN} (changed)"
