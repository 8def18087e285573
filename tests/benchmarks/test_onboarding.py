# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of onboarding: that it reads Ansible's output right, and what it concludes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import fleet
import pytest
from onboarding_judgement import judge

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Change the first
      command: "true"
      changed_when: inventory_hostname == 'kvm1'
    - name: Loop over two
      debug: {msg: "{{ item }}"}
      loop: [1, 2]
    - name: Skip the second
      debug: {msg: x}
      when: inventory_hostname == 'kvm1'
    - name: Change something elsewhere
      command: "true"
      run_once: true
      delegate_to: localhost
    - name: Include more
      include_tasks: more.yml
      when: inventory_hostname == 'kvm2'
    - name: Report what failed
      fail:
        msg: "{{ inventory_hostname }} is not onboarded: it has no legs, {{ 'and no arms, ' * 10 }}and no head"
      when: inventory_hostname == 'kvm2'
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> fleet.Run:
    """A playbook that really ran, for two hosts."""
    folder: Path = tmp_path_factory.mktemp("play")
    (folder / "play.yml").write_text(PLAY)
    (folder / "more.yml").write_text("- name: Something more\n  debug: {msg: y}\n")
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return fleet.measured(str(folder / "play.yml"), "-i", "kvm1,kvm2,", "-e", json.dumps(variables))


def test_tasks_and_changes_are_counted_by_host(run: fleet.Run) -> None:
    assert run.code != 0 and run.wall > 0 and run.cpu > 0
    first = ["Change the first", "Loop over two", "Skip the second", "Include more", "Report what failed"]
    assert run.results() == {"kvm1": first, "kvm2": [*first[:4], "Something more", first[4]]}, run.output
    assert run.tasks(["kvm1"]) == 5 and run.tasks(["kvm1", "kvm2"]) == 6
    assert run.changed() == {"kvm1"}


def test_tasks_of_a_role_are_distinguished_from_others() -> None:
    output = "TASK [kubenebula.opennebula.hypervisor : One] ***\nok: [kvm1]\n\nTASK [Two] ***\nok: [kvm1]\n"
    assert fleet.Run(0, 1, 1, output).tasks(["kvm1"], "hypervisor") == 1


def test_the_reason_is_a_line_for_each_host(run: fleet.Run) -> None:
    assert run.reasons() == {"kvm2": "it has no legs, " + "and no arms, " * 10 + "and no head"}, run.output


def test_machines_have_an_address_and_a_kind_of_their_own() -> None:
    found = fleet.machines(50)
    assert len({host["ansible_host"] for host in found.values()}) == len(found) == 50
    assert {(name[:3], host["hypervisor_type"]) for name, host in found.items()} == {("kvm", "qemu"), ("lxc", "lxc")}
    nowhere = fleet.entries(1000)
    assert len({host["ansible_host"] for host in nowhere.values()}) == 1000


def row(run: str, hosts: int = 50, **values: Any) -> dict[str, Any]:
    basic = {"wall": 100.0, "cpu": 25.0, "role_tasks": 20, "tasks": 40, "changed": 0, "calls": 4}
    return {"run": run, "hosts": hosts, **basic, **values}


def verdicts(rows: list[dict[str, Any]], facts: dict[str, Any] | None = None) -> list[bool]:
    return [target["met"] for target in judge(rows, facts or {}, 2)]


def test_speed_is_judged_where_machines_have_processors_of_their_own() -> None:
    def rates(**values: Any) -> list[bool]:
        return verdicts([row("first run", **values), row("second run"), row("one of 1", 1, wall=60.0)])

    assert rates(cpu=200.0) == [True, True, True, True]
    # 3600 * 2 cores * 50 hosts / 250 CPU-s = 1440
    assert rates(cpu=250.0) == [True, True, True, False]
    assert verdicts([row("first run", role_tasks=21), row("second run", changed=1, cpu=30.1)]) == [False] * 3


def test_one_more_may_cost_what_reading_the_inventory_takes() -> None:
    alone = row("one of 1", 1, wall=20.0, cpu=10.0)
    assert verdicts([alone, row("one of 1000", 1, wall=22.9, cpu=12.9)]) == [True, True]
    assert verdicts([alone, row("one of 1000", 1, wall=23.1, cpu=12.9)]) == [True, False]
    assert verdicts([alone, row("one of 1000", 1, wall=20.0, cpu=10.0, calls=5)]) == [False, True]


def test_broken_machines_are_named_and_the_others_untouched() -> None:
    broken = {"code": 2, "monitored": 47, "reasons": {"kvm1": "x"}, "named": True}
    mended = {"code": 0, "monitored": 50, "changed": ["a", "b", "c"], "wanted": ["a", "b", "c"]}
    assert verdicts([], {"broken": broken, "mended": mended}) == [True, True]
    assert verdicts([], {"broken": {**broken, "code": 0}, "mended": mended}) == [False, True]
    assert verdicts([], {"broken": broken, "mended": {**mended, "changed": ["a", "b", "c", "d"]}}) == [True, False]


def test_verify_may_not_be_slow_or_cry_wolf() -> None:
    facts = {"seconds": 59.0, "failed": [], "rows": 900}
    assert verdicts([row("verify")], {"verify": facts}) == [True]
    assert verdicts([row("verify")], {"verify": {**facts, "seconds": 61.0}}) == [False]
    assert verdicts([row("verify")], {"verify": {**facts, "failed": [{}]}}) == [False]


def test_what_was_not_measured_is_not_judged() -> None:
    assert judge([], {}, 2) == []
