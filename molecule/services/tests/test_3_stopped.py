# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that does not answer takes its pod out of service within half a minute, and verify.yml names it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from conftest import Cloud, wait
from web import lives, ready, signal

# a pod -> programs of supervisord in it that users notice
PROGRAMS = {"fireedge": ("fireedge", "front", "guacd"), "flow": ("oneflow",), "gate": ("onegate",)}


@pytest.mark.parametrize("step", range(3))
def test_a_program_that_hangs(cloud: Cloud, tmp_path: Path, step: int) -> None:
    """One program of each pod that has so many, all at once: what users see is the pods'."""
    hung = {component: programs[step] for component, programs in PROGRAMS.items() if len(programs) > step}
    before = lives(cloud)
    try:
        for component, program in hung.items():
            signal(cloud, component, program, "STOP")
        since = time.monotonic()
        wait(lambda: not any(ready(cloud, component) for component in hung), 60)
        assert time.monotonic() - since <= 30
        report = tmp_path / "report.json"
        cloud.playbook("verify", "-e", f"verify_report={report}")
        failed = [row for row in json.loads(report.read_text())["rows"] if row["status"] == "failed"]
        # a machine that is just joining is not reached by the others yet
        failed = [row for row in failed if row["check"] != "ssh_to_peers"]
        # the machines notice it of OneGate, which their virtual machines ask
        assert {row["check"] for row in failed} == ({"pods", "onegate"} if "gate" in hung else {"pods"}), failed
        (pods,) = [row["cause"] for row in failed if row["check"] == "pods"]
        assert all(f"opennebula-{component}-" in pods for component in hung)
    finally:
        for component, program in hung.items():
            signal(cloud, component, program, "CONT")
    wait(lambda: all(ready(cloud, component) for component in hung), 60)
    assert lives(cloud) == before
