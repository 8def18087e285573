# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the tasks of the role verify have seen to rows, a table and the lines below it."""

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
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.hypervisor import CHECKS as MACHINE
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.network import console_targets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names

COMPONENT = "app.kubernetes.io/component"
# in a cell of the table the worst of a column's checks is told
WORST = (FAILED, NOT_CHECKED, OK, NOT_APPLICABLE)
CELLS = {FAILED: "FAILED", NOT_CHECKED: "?", OK: "ok", NOT_APPLICABLE: "-"}


def _pods(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(result.get("resources") or [])


def _ready(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status", {})
    conditions = status.get("conditions") or []
    return status.get("phase") == "Succeeded" or any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def front_end_pod(result: Mapping[str, Any]) -> str:
    """The pod of oned to look into: the leader where one is labelled, else one that is ready, else any that runs."""
    running = [pod for pod in _pods(result) if pod.get("status", {}).get("phase") == "Running"]
    found = [pod for pod in running if pod["metadata"].get("labels", {}).get(COMPONENT) == "oned"]
    found.sort(key=lambda pod: (pod["metadata"]["labels"].get("raft") != "leader", not _ready(pod)))
    return str(found[0]["metadata"]["name"]) if found else ""


def console_pod(result: Mapping[str, Any]) -> dict[str, str]:
    """FireEdge's pod and a container of it, from which consoles are reached; nothing where none is ready."""
    for pod in _pods(result):
        if pod["metadata"].get("labels", {}).get(COMPONENT) == "fireedge" and _ready(pod):
            return {"pod": pod["metadata"]["name"], "container": pod["spec"]["containers"][0]["name"]}
    return {}


def _said(result: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What a command in a pod printed, and why it did not."""
    try:
        found: dict[str, Any] = json.loads(str(result.get("stdout") or ""))
        return found, ""
    except ValueError:
        return {}, str(result.get("stderr") or result.get("msg") or "it said nothing").strip()


def _site(look: Mapping[str, Any]) -> evaluate.Site:
    pods = _pods(look["pods"])
    seen, problem = _said(look["site"])
    arrived, _problem = _said(look.get("arrived", {}))
    reached, reach_problem = _said(look.get("reached", {}))
    if console_pod(look["pods"]) and reach_problem:
        # no target was tried, which is what the check then says
        reached = {}
    unread = [str(look[kind].get("msg", "")) for kind in ("pods", "services") if "resources" not in look[kind]]
    limits = evaluate.Limits(*(float(look["limits"][name]) for name in ("clock", "space", "log")))
    return evaluate.Site(
        namespace=str(look["namespace"]),
        release=str(look["release"]),
        problem=unread[0] if unread else "",
        pods=tuple(pods),
        services=tuple(_pods(look["services"])),
        pod_problems=tuple(pod_problems(pod for pod in pods if not _ready(pod))),
        pod=front_end_pod(look["pods"]),
        seen=seen,
        see_problem=problem,
        arrived=None if arrived.get("arrived") is None else frozenset(arrived["arrived"]),
        reached=reached if console_pod(look["pods"]) else None,
        limits=limits,
    )


def _machine(hostvars: Mapping[str, Any]) -> evaluate.Hypervisor:
    name = str(hostvars["inventory_hostname"])
    result = hostvars.get("__verify_machine") or {}
    seen = result.get("hypervisor") or {}
    return evaluate.Hypervisor(
        name=name,
        address=names.hypervisor_address(name, hostvars),
        type=seen.get("type", ""),
        seen=seen,
        problem=str(result.get("msg", "it was not looked at")).strip(),
    )


def verify_rows(look: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]) -> list[evaluate.Row]:
    """Judge everything; see verify_rows.yml."""
    return evaluate.rows(_site(look), map(_machine, hosts), FRONT_END, MACHINE)


def verify_targets(look: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What FireEdge's pod has to reach: the consoles of the machines, and the zone's ENDPOINT."""
    site = _site(look)
    if not site.seen:
        return []
    endpoint = evaluate.address(site.seen["api"].get("endpoint", ""))
    found = [target for machine in map(_machine, hosts) for target in console_targets(site, machine)]
    return [*found, endpoint] if endpoint else found


def _wrapped(text: str) -> list[str]:
    """Lines that YAML, in which Ansible prints them, does not break again."""
    return textwrap.wrap(text, 76, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def verify_table(rows: Iterable[evaluate.Row]) -> list[str]:
    """The table by host and column, and below it what failed and how to mend it."""
    rows = list(rows)
    columns = list(dict.fromkeys(c.column for c in (*MACHINE, *FRONT_END)))
    cells: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        cells.setdefault(row["host"], {}).setdefault(row["column"], []).append(row["status"])
    width = max([len(host) for host in cells] + [9])
    lines = ["  ".join(["".ljust(width), *(column.ljust(8) for column in columns)]).rstrip()]
    for host, told in cells.items():
        worst = [min(told.get(column, [NOT_APPLICABLE]), key=WORST.index) for column in columns]
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
                *_wrapped(f"mend: {row['remedy']}"),
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
