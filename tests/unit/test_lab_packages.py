# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The stand-in packages of the lab stay small."""

from __future__ import annotations

from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "molecule/lab/packages"
# What pretends to be oned must be read and believed by whoever trusts a test: it exists to be strict, not to be large.
# It was 2499 before what oned drops, fills in, refuses and reserves of address ranges and VLANs was needed.
LIMIT = 2582


def test_the_stand_in_stays_small() -> None:
    files = [
        path for path in PACKAGES.rglob("*") if path.is_file() and not {".mypy_cache", "__pycache__"} & {*path.parts}
    ]
    lines = {str(path.relative_to(PACKAGES)): path.read_bytes().count(b"\n") for path in files}
    assert lines["standin/oned.py"] > 0
    assert sum(lines.values()) <= LIMIT, sorted(lines.items(), key=lambda item: -item[1])[:10]
