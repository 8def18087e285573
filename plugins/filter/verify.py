# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns what the tasks of the role verify observed into rows, a table and the lines below the table."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.filter.pod_problems import pod_problems
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks import evaluate
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.evaluate import (
    FAILED,
    NOT_APPLICABLE,
    NOT_CHECKED,
    OK,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.front_end import CHECKS as FRONT_END
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.hypervisor import CHECKS as HYPERVISOR
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.network import console_targets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names

COMPONENT = "app.kubernetes.io/component"
# A cell of the table shows the worst status of the checks in its column.
WORST = (FAILED, NOT_CHECKED, OK, NOT_APPLICABLE)
CELLS = {FAILED: "FAILED", NOT_CHECKED: "?", OK: "ok", NOT_APPLICABLE: "-"}


def _pods(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(result.get("resources") or [])


def _ready(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status", {})
    conditions = status.get("conditions") or []
    return status.get("phase") == "Succeeded" or any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def front_end_pod(result: Mapping[str, Any]) -> str:
    """The pod of oned to run commands in: the labelled leader, else one that is ready, else any that runs. Or empty."""
    running = [pod for pod in _pods(result) if pod.get("status", {}).get("phase") == "Running"]
    found = [pod for pod in running if pod["metadata"].get("labels", {}).get(COMPONENT) == "oned"]
    found.sort(key=lambda pod: (pod["metadata"]["labels"].get("raft") != "leader", not _ready(pod)))
    return str(found[0]["metadata"]["name"]) if found else ""


def console_pod(result: Mapping[str, Any]) -> dict[str, str]:
    """FireEdge's pod and a container of it, from which consoles are reached. Empty if none is ready."""
    for pod in _pods(result):
        if pod["metadata"].get("labels", {}).get(COMPONENT) == "fireedge" and _ready(pod):
            return {"pod": pod["metadata"]["name"], "container": pod["spec"]["containers"][0]["name"]}
    return {}


def _output(result: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The JSON that a command in a pod printed, and why there is none."""
    try:
        found: dict[str, Any] = json.loads(str(result.get("stdout") or ""))
        return found, ""
    except ValueError:
        return {}, str(result.get("stderr") or result.get("msg") or "it said nothing").strip()


def _site(observed: Mapping[str, Any]) -> evaluate.Site:
    pods = _pods(observed["pods"])
    seen, problem = _output(observed["site"])
    arrived, _problem = _output(observed.get("arrived", {}))
    reached, reach_problem = _output(observed.get("reached", {}))
    if console_pod(observed["pods"]) and reach_problem:
        # No target was tried. The check says so.
        reached = {}
    unread = [str(observed[kind].get("msg", "")) for kind in ("pods", "services") if "resources" not in observed[kind]]
    limits = evaluate.Limits(*(float(observed["limits"][name]) for name in ("clock", "space", "log")))
    return evaluate.Site(
        namespace=str(observed["namespace"]),
        release=str(observed["release"]),
        problem=unread[0] if unread else "",
        pods=tuple(pods),
        services=tuple(_pods(observed["services"])),
        pod_problems=tuple(pod_problems(pod for pod in pods if not _ready(pod))),
        pod=front_end_pod(observed["pods"]),
        seen=seen,
        see_problem=problem,
        arrived=None if arrived.get("arrived") is None else frozenset(arrived["arrived"]),
        reached=reached if console_pod(observed["pods"]) else None,
        limits=limits,
    )


def _hypervisor(hostvars: Mapping[str, Any]) -> evaluate.Hypervisor:
    name = str(hostvars["inventory_hostname"])
    result = hostvars.get("__verify_hypervisor") or {}
    seen = result.get("hypervisor") or {}
    return evaluate.Hypervisor(
        name=name,
        address=names.hypervisor_address(name, hostvars),
        type=seen.get("type", ""),
        seen=seen,
        problem=str(result.get("msg", "it was not checked")).strip(),
    )


def verify_rows(observed: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]) -> list[evaluate.Row]:
    """Evaluate all checks; see verify_rows.yml."""
    return evaluate.rows(_site(observed), map(_hypervisor, hosts), FRONT_END, HYPERVISOR)


def verify_targets(observed: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What FireEdge's pod has to reach: the consoles on the hypervisors, and the zone's ENDPOINT."""
    site = _site(observed)
    if not site.seen:
        return []
    endpoint = evaluate.address(site.seen["api"].get("endpoint", ""))
    targets = [target for found in map(_hypervisor, hosts) for target in console_targets(site, found)]
    return [*targets, endpoint] if endpoint else targets


def _wrapped(text: str) -> list[str]:
    """Lines so short that Ansible, which prints them as YAML, does not wrap them again."""
    return textwrap.wrap(text, 76, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def verify_table(rows: Iterable[evaluate.Row]) -> list[str]:
    """The table by host and column, and below it each failed check with its remedy."""
    rows = list(rows)
    columns = list(dict.fromkeys(c.column for c in (*HYPERVISOR, *FRONT_END)))
    cells: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        cells.setdefault(row["host"], {}).setdefault(row["column"], []).append(row["status"])
    width = max([len(host) for host in cells] + [9])
    lines = ["  ".join(["".ljust(width), *(column.ljust(8) for column in columns)]).rstrip()]
    for host, statuses in cells.items():
        worst = [min(statuses.get(column, [NOT_APPLICABLE]), key=WORST.index) for column in columns]
        lines.append("  ".join([host.ljust(width), *(CELLS[status].ljust(8) for status in worst)]).rstrip())
    counted = Counter(row["status"] for row in rows)
    lines += [
        "",
        ", ".join(f"{counted[status]} {status}" for status in (OK, *WORST[:2], NOT_APPLICABLE) if counted[status]),
    ]
    for row in rows:
        if row["status"] == FAILED:
            lines += [
                "",
                *_wrapped(f"{row['host']}, {row['check']}: {row['cause']}"),
                *_wrapped(f"remedy: {row['remedy']}"),
            ]
    return lines


class FilterModule:
    """Filters of the role verify."""

    def filters(self) -> dict[str, Any]:
        return {
            "verify_front_end_pod": front_end_pod,
            "verify_console_pod": console_pod,
            "verify_rows": verify_rows,
            "verify_targets": verify_targets,
            "verify_table": verify_table,
        }
