# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A machine that does not answer does not hold up the others, and is named in the end."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cloud import Cloud, oned_container


def test_a_dead_machine_does_not_hold_up_the_others(tmp_path: Path) -> None:
    inventory = tmp_path / "dead.yml"
    dead = {"ansible_host": "10.66.0.99", "hypervisor_type": "kvm", "ansible_ssh_common_args": "-o ConnectTimeout=5"}
    inventory.write_text(json.dumps({"hypervisors": {"hosts": {"dead1": dead}}}))
    done = Cloud.playbook("onboard", "-i", str(inventory), "--skip-tags", "declare")
    assert done.returncode != 0
    last = done.stdout[: done.stdout.index("PLAY RECAP")].splitlines()[-12:]
    assert re.search(r"dead1 is not onboarded: .*10\.66\.0\.99", " ".join(" ".join(last).split())), last
    recap = dict(re.findall(r"^(\w+)\s+: (.*)$", done.stdout, re.MULTILINE))
    assert all("failed=0" in recap[name] for name in ("kvm1", "lxc1"))
    listed = oned_container().check_output("onehost list")
    assert all(re.search(rf"\b{name}\b.*\bon\b", listed) for name in ("kvm1", "lxc1")) and "dead1" not in listed
