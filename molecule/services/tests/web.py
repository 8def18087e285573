# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The services of the cloud: where they are, and how they are deployed."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from typing import Any

import yaml
from cloud import PROJECT, Cloud

SERVICES = ("fireedge", "flow", "gate")
VARIABLES = PROJECT / "molecule/services/vars/site.yml"
HOST = yaml.safe_load(VARIABLES.read_text())["control_plane_ingress_host"]
NODE = "10.66.0.1"


def pods(cloud: Cloud, component: str) -> list[dict[str, Any]]:
    found = cloud.kubectl("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "json")
    return [dict(pod) for pod in json.loads(found)["items"]]


def ready(cloud: Cloud, component: str) -> bool:
    """Whether all of its pods are."""
    return {is_ready(pod) for pod in pods(cloud, component)} == {True}


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {item["type"]: item["status"] for item in pod["status"]["conditions"]}
    return conditions["Ready"] == "True"


def lives(cloud: Cloud) -> dict[str, dict[str, list[int]]]:
    """Return what changes when a pod is another one or one of its containers starts again: its uid and its restarts.

    By component, of pods that are to stay.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for pod in json.loads(cloud.kubectl("get", "pods", "-o", "json"))["items"]:
        component = pod["metadata"]["labels"].get("app.kubernetes.io/component")
        if component and "deletionTimestamp" not in pod["metadata"]:
            restarts = [status["restartCount"] for status in pod["status"]["containerStatuses"]]
            found.setdefault(component, {})[pod["metadata"]["uid"]] = restarts
    return found


def playbook(cloud: Cloud, name: str, *arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run a playbook for this site, with these variables of control_plane beyond what it says."""
    values = json.dumps({f"control_plane_{key}": value for key, value in variables.items()})
    return cloud.playbook(name, "-e", f"@{VARIABLES}", "-e", values, *arguments)


def deploy(cloud: Cloud, **variables: object) -> None:
    """Deploy the control plane, and nothing else."""
    done = playbook(cloud, "site", "--tags", "control_plane", **variables)
    assert done.returncode == 0, done.stdout[-3000:]


def inside(cloud: Cloud, pod: str, script: str) -> str:
    return cloud.kubectl("exec", pod, "--", "bash", "-c", script)


def signal(cloud: Cloud, pod: str, program: str, name: str) -> None:
    """Send it to the program and to what it has started: supervisord gives each a process group of its own."""
    supervisor = "supervisorctl -c /etc/kubenebula/supervisord.conf"
    inside(cloud, pod, f"kill -{name} -- -$({supervisor} pid {program})")


def service(cloud: Cloud, component: str) -> str:
    """Return HOST:PORT of its Service."""
    spec = json.loads(cloud.kubectl("get", "service", f"opennebula-{component}", "-o", "json"))["spec"]
    return f"{spec['clusterIP']}:{spec['ports'][0]['port']}"


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def metrics(cloud: Cloud) -> list[str]:
    with urllib.request.urlopen(f"http://{service(cloud, 'exporter')}/metrics", timeout=10) as answer:
        return str(answer.read().decode()).splitlines()
