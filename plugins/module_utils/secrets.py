# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which template attributes are secrets, and how results do without them."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_SECRET = re.compile(r"PASSW|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY|API_?KEY|(^|_)PWD$|(^|_)PSK$")


def is_secret(key: str) -> bool:
    """Whether an attribute of this name (in capitals) holds a secret."""
    return _SECRET.search(key) is not None


def without(value: Any) -> Any:
    """A template, or a value of one, without the attributes that hold secrets."""
    if isinstance(value, dict):
        return {key: without(inner) for key, inner in value.items() if not is_secret(key)}
    return [without(item) for item in value] if isinstance(value, list) else value


def masked(value: Any) -> Any:
    """A template, or a value of one, with the secrets hidden, for diffs."""
    if isinstance(value, dict):
        return {key: HIDDEN if is_secret(key) and inner else masked(inner) for key, inner in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value
