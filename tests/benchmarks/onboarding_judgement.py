# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the collection promises of onboarding, held against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FORKS = 50
ENTRIES = 1000
# for how many machines the promises are made
MANY = 50
ROLE_TASKS = 20
SECOND_RUN_CPU = 0.6
PER_HOUR = 1500
VERIFY_SECONDS = 60
# of a machine among many over one that is alone: the inventory itself has to be read
MORE_WALL, MORE_CPU = 3.0, 3.0
ELSEWHERE = {
    "one-deploy, tasks evaluated per hypervisor": "about 170 (355 in its main playbook)",
    "kubespray, nodes per hour (issue 478, tuned)": "86 with 50 nodes, 138 with 150, 95 with 350",
    "kubespray, before (issue 478)": "fewer than 50 with 50 nodes",
}


def hourly(row: Mapping[str, Any], alone: Mapping[str, Any], cores: int) -> dict[str, float]:
    """Hosts per hour as measured, and where machines have processors of their own.

    There the control node's processors are one limit, and the other is that each of its forks is with one machine at
    a time, for as long as onboarding a single one takes.
    """
    return {
        "measured": 3600 * row["hosts"] / row["wall"],
        "processors": 3600 * cores * row["hosts"] / row["cpu"],
        "forks": 3600 * FORKS / alone["wall"],
    }


def judge(rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], cores: int) -> list[dict[str, Any]]:
    """Each promise as {"text", "met"}, as far as what it speaks of was measured."""
    measured = {str(row["run"]): row for row in rows}
    return [*_speed(measured, cores), *_one(measured), *_broken(facts), *_verify(measured, facts)]


def _speed(rows: Mapping[str, Mapping[str, Any]], cores: int) -> Iterator[dict[str, Any]]:
    if "first run" not in rows:
        return
    first, second, alone = rows["first run"], rows["second run"], rows.get("one of 1")
    most = max(first["role_tasks"], second["role_tasks"])
    yield {"text": f"{most} tasks of the role hypervisor per host; at most {ROLE_TASKS}", "met": most <= ROLE_TASKS}
    yield {"text": f"second run: {second['changed']} hosts changed; none", "met": second["changed"] == 0}
    share = second["cpu"] / second["hosts"]
    yield {
        "text": f"second run: {share:.2f} CPU-s of the control node per host; at most {SECOND_RUN_CPU}",
        "met": share <= SECOND_RUN_CPU,
    }
    if alone:
        rates = hourly(first, alone, cores)
        extrapolated = min(rates["processors"], rates["forks"])
        yield {
            "text": f"first run: {rates['measured']:.0f} hosts/h with all machines on these {cores} cores; with "
            f"processors of their own {extrapolated:.0f} ({rates['processors']:.0f} by {cores} cores, "
            f"{rates['forks']:.0f} by {FORKS} forks); at least {PER_HOUR}",
            "met": extrapolated >= PER_HOUR,
        }


def _one(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    few, many = rows.get("one of 1"), rows.get(f"one of {ENTRIES}")
    if not few or not many:
        return
    yield {
        "text": f"one machine more among {ENTRIES}: {many['tasks']} tasks and {many['calls']} calls, "
        f"alone {few['tasks']} and {few['calls']}; the same",
        "met": (many["tasks"], many["calls"]) == (few["tasks"], few["calls"]),
    }
    wall, cpu = many["wall"] - few["wall"], many["cpu"] - few["cpu"]
    yield {
        "text": f"one machine more among {ENTRIES}: {wall:+.1f} s of wall, {cpu:+.1f} s of CPU over one alone; "
        f"at most {MORE_WALL:+.0f} and {MORE_CPU:+.0f}, for reading the inventory",
        "met": wall <= MORE_WALL and cpu <= MORE_CPU,
    }


def _broken(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "broken" not in facts:
        return
    broken, mended = facts["broken"], facts["mended"]
    told = "; ".join(f"{name}: {reason}" for name, reason in broken["reasons"].items())
    wanted = len(mended["wanted"])
    hosts, changed = mended["monitored"], ", ".join(mended["changed"])
    yield {
        "text": f"{wanted} broken: {broken['monitored']} are MONITORED, exit code {broken['code']}, told: {told}",
        "met": broken["code"] != 0 and broken["named"] and broken["monitored"] == hosts - wanted,
    }
    yield {
        "text": f"mended and run again: {hosts} are MONITORED, exit code {mended['code']}, "
        f"changed: {changed}; the mended ones",
        "met": mended["code"] == 0 and mended["changed"] == mended["wanted"],
    }


def _verify(rows: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "verify" not in facts:
        return
    seconds, failed, hosts = facts["verify"]["seconds"], facts["verify"]["failed"], rows["verify"]["hosts"]
    yield {
        "text": f"verify: {seconds:.0f} s for {hosts} hosts, {len(failed)} false alarms; "
        f"at most {VERIFY_SECONDS} s and none",
        "met": not failed and (seconds <= VERIFY_SECONDS or hosts > MANY),
    }
