# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that does not answer takes its pod out of service within half a minute, and verify.yml names it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from browser import Watch
from cloud import Cloud, wait
from web import SERVICES, is_ready, lives, playbook, pods, ready, signal


@pytest.mark.parametrize("step", range(3))
def test_a_program_that_hangs(cloud: Cloud, watch: Watch, tmp_path: Path, step: int) -> None:
    """One program of each pod that has so many, all at once: what users see is the pods'."""
    (flow,), (gate,) = ([pod["metadata"]["name"] for pod in pods(cloud, component)] for component in ("flow", "gate"))
    # those of supervisord that users notice
    programs = {watch.other_pod: ("fireedge", "front", "guacd"), flow: ("oneflow",), gate: ("onegate",)}
    hung = {pod: names[step] for pod, names in programs.items() if len(names) > step}

    def unready() -> set[str]:
        return {pod["metadata"]["name"] for name in SERVICES for pod in pods(cloud, name) if not is_ready(pod)}

    before = lives(cloud)
    try:
        for pod, program in hung.items():
            signal(cloud, pod, program, "STOP")
        since = time.monotonic()
        wait(lambda: unready() == hung.keys(), 60)
        assert time.monotonic() - since <= 30
        report = tmp_path / "report.json"
        playbook(cloud, "verify", "-e", f"verify_report={report}")
        failed = [row for row in json.loads(report.read_text())["rows"] if row["status"] == "failed"]
        # a machine that is just joining or leaving is not reached by the others
        failed = [row for row in failed if row["check"] != "ssh_to_peers"]
        # the machines notice it of OneGate, which their virtual machines ask
        assert {row["check"] for row in failed} == ({"pods", "onegate"} if gate in hung else {"pods"}), failed
        (named,) = [row["cause"] for row in failed if row["check"] == "pods"]
        assert all(pod in named for pod in hung) and watch.pod not in named
    finally:
        for pod, program in hung.items():
            signal(cloud, pod, program, "CONT")
    wait(lambda: all(ready(cloud, component) for component in SERVICES), 60)
    assert lives(cloud) == before
