# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Operators who onboard machines at the same time, each another one: no machine is lost."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

from cloud import oned_container, run_playbook

THERE = {"kvm1", "lxc1", "lxc2"}
NAMES = [f"joining{number}" for number in range(3)]


def join_or_leave(name: str, entry_point: str) -> subprocess.CompletedProcess[str]:
    arguments = ["-i", "inventories/lab", "-i", f"{name},", "-e", f"entry_point={entry_point}"]
    return run_playbook("molecule/onboard_lxc/names.yml", *arguments)


def everybody(entry_point: str) -> None:
    """A run for each machine, all at once."""
    with ThreadPoolExecutor(len(NAMES)) as operators:
        runs = list(operators.map(lambda name: join_or_leave(name, entry_point), NAMES))
    assert [run.returncode for run in runs] == [0] * len(NAMES), "".join(run.stdout[-1500:] for run in runs)


def known() -> set[str]:
    lines = oned_container().check_output("cat /etc/kubenebula/hypervisors/known_hosts").splitlines()
    return {line.split()[0] for line in lines}


def test_no_machine_is_lost() -> None:
    try:
        everybody("front_end")
        assert known() >= {*THERE, *NAMES}
    finally:
        everybody("forget_front_end")
    # others may join or leave meanwhile
    assert known() >= THERE and known().isdisjoint(NAMES)
