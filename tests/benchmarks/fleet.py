# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Many machines of the lab, and playbooks run against them as an operator does, with what that costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STATE = Path("/var/lib/kubenebula-lab")
LAB = ROOT / "molecule" / "lab" / "lab.sh"
FIRST = 101
# what the lab has addresses for
MOST = 148


def machines(count: int, first: int = FIRST) -> dict[str, dict[str, Any]]:
    """Name -> variables of machines of the lab, KVM and LXC in turn."""
    kinds = {0: ("lxc", "lxc"), 1: ("kvm", "qemu")}
    return {
        f"{kinds[number % 2][0]}{number}": {
            "ansible_host": f"10.66.0.{number}",
            "hypervisor_type": kinds[number % 2][1],
        }
        for number in range(first, first + count)
    }


def entries(count: int) -> dict[str, dict[str, Any]]:
    """Name -> variables of machines that are nowhere but in an inventory."""
    return {
        f"host{number:04}": {"ansible_host": f"10.66.{8 + number // 250}.{1 + number % 250}", "hypervisor_type": "kvm"}
        for number in range(count)
    }


def inventory(path: Path, hosts: Mapping[str, Any]) -> Path:
    """Write hypervisors beside those of inventories/lab, which are the group `fleet` as well."""
    groups = {"fleet": {"hosts": dict(hosts)}, "hypervisors": {"children": {"fleet": {}}}}
    path.write_text(json.dumps(groups))
    return path


def lab(action: str, names: Iterable[str]) -> None:
    subprocess.run([LAB, action, *names], stdout=subprocess.DEVNULL, check=True)


def on(name: str, script: str) -> None:
    """Run a script on a machine as root, not by way of SSH."""
    docker = [STATE / "bin/docker", "-H", "unix:///run/kubenebula-lab/docker.sock"]
    subprocess.run([*docker, "exec", name, "sh", "-euc", script], stdout=subprocess.DEVNULL, check=True)


def kubectl(*arguments: str) -> str:
    command = [STATE / "bin/kubectl", "--kubeconfig", STATE / "admin.conf", "-n", "opennebula", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@dataclass
class Run:
    """A playbook that has ended. Seconds; cpu: of the control node, user and system, children included."""

    code: int
    wall: float
    cpu: float
    output: str

    def results(self, words: str = "ok|changed|skipping|included|fatal|failed") -> dict[str, list[str]]:
        """Host -> titles of the tasks that ended in such a way for it, without those delegated to elsewhere."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for block in re.split(r"^(?:TASK|RUNNING HANDLER) \[", self.output, flags=re.MULTILINE)[1:]:
            title = block.partition("]")[0]
            for line in block.splitlines()[1:]:
                if line.startswith("PLAY "):
                    break
                if match := re.match(rf"(?:{words}): \[([\w.-]+)\](?! ->)", line):
                    found[match[1]][title] = None
                elif line.startswith("included: ") and " for " in line and "included" in words:
                    for name in line.rpartition(" for ")[2].split(" => ")[0].split(", "):
                        found[name][title] = None
        return {name: list(titles) for name, titles in found.items()}

    def tasks(self, hosts: Iterable[str], role: str = "") -> int:
        """How many tasks, of a role or of all, were evaluated for the host that had most of them."""
        results = self.results()
        prefix = f"kubenebula.opennebula.{role} :" if role else ""
        return max(sum(title.startswith(prefix) for title in results.get(host, ())) for host in hosts)

    def changed(self) -> set[str]:
        """The machines on which something was changed."""
        return set(self.results("changed"))

    def recap(self) -> dict[str, dict[str, int]]:
        """Host -> ok, changed, unreachable, failed and so on, as counted by Ansible."""
        lines = re.findall(r"^([\w.-]+) +: (ok=.*)$", self.output, re.MULTILINE)
        return {name: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)} for name, line in lines}

    def reasons(self) -> dict[str, str]:
        """Host -> what the last task says of its failure, in one line."""
        last = self.output.rpartition("TASK [Report what failed]")[2].partition("PLAY RECAP")[0]
        pieces = re.split(r"^(?:fatal|\[ERROR\]|failed): ", last, flags=re.MULTILINE)
        texts = [" ".join(piece.split()) for piece in pieces]
        found: dict[str, str] = {}
        for text in texts:
            if match := re.search(r"([\w.-]+) is not onboarded: (.*?)(?: Origin: .*| changed: .*)?$", text):
                found.setdefault(match[1], match[2])
        return found


def playbook(name: str, inventories: Iterable[Path], *arguments: str) -> Run:
    """Run a playbook of the collection against inventories/lab and others."""
    sources = [Path("inventories/lab"), *inventories]
    return measured(f"playbooks/{name}.yml", *(word for path in sources for word in ("-i", str(path))), *arguments)


def measured(*arguments: str) -> Run:
    """Run ansible-playbook; whether it succeeds is the caller's to judge."""
    command = [sys.executable, "-m", "ansible", "playbook", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment |= {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONPATH": str(ROOT / "build" / "collections"),
        "COLUMNS": "1000",
    }
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Run(process.returncode, wall, usage.ru_utime + usage.ru_stime, output.read())
