# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Who may connect to which port of the control plane's pods, as docs/network.md says."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs/network.md"

Table = dict[tuple[str, str], set[str]]


def documented() -> Table:
    """Return (component, port and protocol) -> who may connect."""
    table = DOCS.read_text().split("<!-- reachability -->")[1].split("<!-- end of reachability -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    return {(to, port): set(sources.split(", ")) for to, port, sources, _what in rows}
