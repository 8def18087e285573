# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The machine that leaves the cloud, and what the cloud and the machine hold of each other."""

from __future__ import annotations

import json
import subprocess

import machines
from cloud import SPARE, Cloud
from testinfra.host import Host

NAME = "lxc2"
ADDRESS = SPARE[NAME]
SSH = "/var/lib/one/.ssh"


def offboard(cloud: Cloud, *arguments: str) -> subprocess.CompletedProcess[str]:
    return cloud.playbook("offboard", *machines.INVENTORY, "--limit", NAME, *arguments)


def onboard() -> None:
    """Make the machine a hypervisor of the cloud, which is over when oned calls it MONITORED."""
    done = machines.onboard(NAME, "--skip-tags", "declare")
    assert done.returncode == 0, done.stdout[-3000:]


def flat(done: subprocess.CompletedProcess[str]) -> str:
    """What a playbook said, in one line."""
    return " ".join(done.stdout.split())


def published(cloud: Cloud) -> dict[str, str]:
    """What the front-end holds of all machines: file and content."""
    data: dict[str, str] = json.loads(cloud.kubectl("get", "configmap", "opennebula-hypervisors", "-o", "json"))["data"]
    return data


def names_in_pods(cloud: Cloud) -> set[str]:
    selector = "app.kubernetes.io/component=hypervisor"
    found = cloud.kubectl("get", "services,endpointslices", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}")
    return set(found.split())


def trust(host: Host) -> dict[str, str]:
    """What a machine holds of the cloud: file and content."""
    paths = ("authorized_keys", "config", "known_hosts.opennebula", "known-hosts-command")
    files = [host.file(f"{SSH}/{name}") for name in paths] + [host.file("/etc/hosts")]
    return {file.path: file.content_string for file in files if file.exists}
