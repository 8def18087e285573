# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why pods are not ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def container_problem(status: Mapping[str, Any]) -> str:
    """Return why a container is not ready, or an empty text if it is."""
    state = status.get("state", {})
    waiting = state.get("waiting", {})
    ended = state.get("terminated") or status.get("lastState", {}).get("terminated") or {}
    if ended.get("exitCode"):
        last = (ended.get("message") or "").strip()
        return last or f"ended with exit code {ended['exitCode']}"
    if waiting:
        return (
            f"{waiting.get('reason', 'waiting')}: {waiting['message']}"
            if waiting.get("message")
            else str(waiting.get("reason"))
        )
    if not status.get("ready") and "running" in state:
        return "runs but is not ready"
    return ""


def pod_problems(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one sentence for each container that keeps its pod from being ready, from the status of the pods."""
    problems = []
    for pod in pods:
        name = pod["metadata"]["name"]
        status = pod.get("status", {})
        if status.get("phase") == "Succeeded":
            continue
        for condition in status.get("conditions") or []:
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                problems.append(f"{name} finds no node: {condition.get('message', 'no reason given')}")
        for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
            problem = container_problem(container)
            if problem:
                problems.append(f"{name}/{container['name']}: {problem}")
    return problems


class FilterModule:
    """Filter ``pod_problems``."""

    def filters(self) -> dict[str, Any]:
        return {"pod_problems": pod_problems}
