# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the collection promises of its speed, held against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

OURS, COMMUNITY = "one_host", "community.general.one_host"
# For how many hosts the promises are made.
MANY, SOME = 1000, 100
# Ways of one connection after the other are no match.
PARALLEL = ("raw, 8 at a time", "raw, multicall of 10, 8 at a time", "raw, multicall of 50, 4 at a time")


def judge(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each promise as {"text", "met"}, as far as what it speaks of was measured."""
    measured = {(row["hosts"], row["phase"], row["way"]): row for row in rows}
    return list(_judged(measured))


def _judged(rows: dict[tuple[int, str, str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    most = max((hosts for hosts, _phase, way in rows if way == OURS), default=0)
    if not most:
        return
    first, again, changed = (rows[most, phase, OURS] for phase in ("first run", "re-run", "one changed"))
    raw = [rows[most, "first run", way] for way in PARALLEL if (most, "first run", way) in rows]
    if raw and most >= MANY:
        best = min(raw, key=lambda row: float(row["net"]))
        share = best["net"] / first["net"]
        yield {
            "text": f"first run of {most}: {share:.0%} of the throughput of the best parallel client ({best['way']}, "
            f"{most / best['net']:.0f} hosts/s), start left out on both sides; at least 90 %",
            "met": share >= 0.9,
        }
    yield {
        "text": f"re-run of {most}: {again['calls']} calls, {again['net']:.2f} s over Ansible's own start; "
        "at most 2 and 2",
        "met": again["calls"] <= 2 and again["net"] <= 2,
    }
    yield {
        "text": f"one changed of {most}: {changed['calls']} calls; at most 3, "
        "the pool before and after and that host's",
        "met": changed["calls"] <= 3,
    }
    for phase in ("first run", "re-run", "one changed", "all absent"):
        if (SOME, phase, COMMUNITY) not in rows or (SOME, phase, OURS) not in rows:
            continue
        theirs, ours = rows[SOME, phase, COMMUNITY], rows[SOME, phase, OURS]
        wall, cpu = theirs["wall"] / ours["wall"], theirs["cpu"] / ours["cpu"]
        yield {
            "text": f"{phase} of {SOME}: {wall:.0f} times less wall and {cpu:.0f} times less CPU than {COMMUNITY}, "
            "starts included; at least 10 and 20",
            "met": wall >= 10 and cpu >= 20,
        }
