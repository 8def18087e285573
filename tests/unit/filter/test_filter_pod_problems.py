# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why pods are not ready."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.filter.pod_problems import pod_problems


def pod(*containers: dict[str, Any], phase: str = "Running", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "oned-0"}, "status": {"phase": phase, "containerStatuses": list(containers), **status}}


@pytest.mark.parametrize(
    ("container", "problem"),
    [
        (
            {"ready": False, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
            "oned-0/oned: ImagePullBackOff: no such image",
        ),
        (
            {
                "ready": False,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                "lastState": {"terminated": {"exitCode": 1, "message": "the Secret x lacks the key y\n"}},
            },
            "oned-0/oned: the Secret x lacks the key y",
        ),
        ({"ready": False, "state": {"terminated": {"exitCode": 137}}}, "oned-0/oned: ended with exit code 137"),
        ({"ready": False, "state": {"running": {}}}, "oned-0/oned: runs but is not ready"),
    ],
)
def test_a_container_says_why(container: dict[str, Any], problem: str) -> None:
    assert pod_problems([pod({"name": "oned", **container})]) == [problem]


def test_a_pod_without_a_node_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    waiting = {"metadata": {"name": "oned-0"}, "status": {"phase": "Pending", "conditions": [condition]}}
    assert pod_problems([waiting]) == ["oned-0 finds no node: 0/3 nodes are available"]


def test_what_is_well_is_not_a_problem() -> None:
    ended = {"name": "job", "ready": False, "state": {"terminated": {"exitCode": 0}}}
    ready = {"name": "oned", "ready": True, "state": {"running": {}}}
    assert pod_problems([pod(ended, phase="Succeeded"), pod(ready)]) == []
