# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The machines that join, as their owner sees them, and the playbook that lets them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import testinfra
from cloud import Cloud
from testinfra.host import Host

# beside inventories/lab
INVENTORY = ("-i", "molecule/shared/inventory/hosts.yml")
ROLE = "kubenebula.opennebula.hypervisor"


def machine(name: str) -> Host:
    """A machine as root, not by way of SSH."""
    os.environ["DOCKER_HOST"] = "unix:///run/kubenebula-lab/docker.sock"
    return testinfra.get_host(f"docker://{name}")


def guest(action: str, host: str, name: str) -> None:
    """Start or stop a real virtual machine or container on a machine."""
    Cloud.lab(f"guest-{action}", host, name)


def onboard(name: str, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """Run onboard.yml for one machine."""
    joining = [*INVENTORY, "--limit", name, "--extra-vars", json.dumps(variables)]
    return Cloud.playbook("onboard", *joining, *arguments)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tasks of a run changed something."""
    return sum(int(count) for count in re.findall(r"changed=(\d+)", done.stdout))


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a run said, without its line breaks."""
    return " ".join((done.stdout + done.stderr).split())


def tasks(text: str, name: str) -> int:
    """How many tasks of the role, handlers included, a run evaluated for a machine."""
    titled = re.split(r"(?:TASK|RUNNING HANDLER) \[", text)[1:]
    return len([task for task in titled if task.startswith(f"{ROLE} :") and re.search(rf"\b{name}\b", task)])


def tasks_of_the_first_run(name: str) -> int:
    """The same, of the first run of this scenario."""
    log = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ansible.log").read_text()
    return tasks(log[log.index("PLAY [Onboard hypervisors]") :].partition("PLAY RECAP")[0], name)


def mended(name: str, drift: str) -> subprocess.CompletedProcess[str]:
    """The run after somebody has changed a machine, which is seen to be left alone before and afterwards."""
    host = machine(name)
    for _attempt in range(2):
        settled = onboard(name, "--tags", "hypervisor")
        assert settled.returncode == 0, settled.stdout[-3000:]
    assert (changed(settled), tasks(settled.stdout, name)) == (0, 2), settled.stdout[-3000:]
    host.check_output(drift)
    told = onboard(name, "--tags", "hypervisor", "--check")
    done = onboard(name, "--tags", "hypervisor")
    assert changed(told) == changed(done) > 0, told.stdout[-3000:] + done.stdout[-3000:]
    again = onboard(name, "--tags", "hypervisor")
    assert (again.returncode, changed(again), tasks(again.stdout, name)) == (0, 0, 2), again.stdout[-3000:]
    return done
