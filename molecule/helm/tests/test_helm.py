# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The chart by itself: plain Helm, another exposure, another database."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from cloud import PROJECT, STATE, Cloud, wait

NAMESPACE = "plain"
CHART = PROJECT / "roles/control_plane/files/opennebula"
NODE = "10.66.0.1"


def tool(name: str, *arguments: str) -> str:
    command = [
        str(STATE / "bin" / name),
        "--kubeconfig",
        str(STATE / "admin.conf"),
        "--namespace",
        NAMESPACE,
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def values(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Values for a second cloud beside the first, from the same images, in a namespace that allows no privilege."""
    images = json.loads(cloud.helm("get", "values", "opennebula", "--output", "json"))["images"]
    tool("kubectl", "create", "namespace", NAMESPACE)
    tool("kubectl", "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    yield {
        "images": images,
        "hypervisors": {"address": NODE, "exposure": "LoadBalancer", "sshPort": 2022},
        "gate": {"address": NODE},
        # beside the first cloud, on two cores
        "fireedge": {"enabled": False},
        "mariadb": {"enabled": False},
        "development": {"sqlite": True},
    }
    tool("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


def test_plain_helm_with_a_load_balancer_and_sqlite(values: dict[str, Any]) -> None:
    settings = [word for key, value in values.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]
    notes = tool("helm", "install", "second", str(CHART), *settings, "--wait", "--timeout", "3m")
    assert f"{NODE}, port 4124 (TCP and UDP) and 2022 (SSH)" in notes
    assert "not for a cloud in production" in notes
    assert "Succeeded" in tool("helm", "test", "second")
    wait(lambda: banner(2022).startswith("SSH-2.0"), 30)
    socket.create_connection((NODE, 4124), 5).close()
    wait(lambda: status(f"http://{NODE}:5030/") == 401, 30)
    first = tool("kubectl", "get", "secret", "second-oneadmin", "-o", "jsonpath={.data.password}")
    tool("helm", "upgrade", "second", str(CHART), *settings, "--set", "oned.config.LOG.DEBUG_LEVEL=4", "--wait")
    assert tool("kubectl", "get", "secret", "second-oneadmin", "-o", "jsonpath={.data.password}") == first
    written = tool("kubectl", "exec", "second-oned-0", "-c", "oned", "--", "cat", "/etc/one/oned.conf")
    assert 'DEBUG_LEVEL = "4"' in written


def status(url: str) -> int:
    try:
        return int(urllib.request.urlopen(url, timeout=5).status)
    except urllib.error.HTTPError as error:
        return error.code


def banner(port: int) -> str:
    with socket.create_connection((NODE, port), 5) as connection:
        return connection.recv(64).decode()
