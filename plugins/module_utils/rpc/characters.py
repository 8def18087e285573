# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which characters can be sent to oned."""

from __future__ import annotations

import re
from typing import Any

# XML 1.0 has no control characters and no lone surrogates. The XML-RPC library of oned refuses a request with any
# character beyond U+FFFF, such as emoji (fault -503, seen on 6.10.0.1).
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff\U00010000-\U0010ffff]")


def bad_character(value: Any) -> str | None:
    """The first character in a text, or in the texts of a list, that cannot be sent. None if there is none."""
    if isinstance(value, (list, tuple)):
        return next((bad for bad in map(bad_character, value) if bad is not None), None)
    found = _UNSENDABLE.search(value) if isinstance(value, str) else None
    return found[0] if found else None
