# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Operators who onboard machines at the same time, each another one: no machine is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from machines import front_end, playbook

THERE = {"kvm1", "lxc1", "lxc2"}
NAMES = [f"joining{number}" for number in range(3)]


def everybody(entry_point: str) -> None:
    """A run for each machine, all at once."""
    with ThreadPoolExecutor(len(NAMES)) as operators:
        path = "molecule/onboard_lxc/names.yml"
        runs = list(
            operators.map(lambda name: playbook(path, "-i", f"{name},", "-e", f"entry_point={entry_point}"), NAMES)
        )
    assert [run.returncode for run in runs] == [0] * len(NAMES), "".join(run.stdout[-1500:] for run in runs)


def known() -> set[str]:
    lines = front_end().check_output("cat /etc/kubenebula/hypervisors/known_hosts").splitlines()
    return {line.split()[0] for line in lines}


def test_no_machine_is_lost() -> None:
    try:
        everybody("front_end")
        assert known() >= {*THERE, *NAMES}
    finally:
        everybody("forget_front_end")
    # others may join or leave meanwhile
    assert known() >= THERE and known().isdisjoint(NAMES)
