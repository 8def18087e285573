# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A wrong variable is one sentence before anything is touched."""

from __future__ import annotations

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cloud import Cloud


def variables(**values: Any) -> tuple[str, str]:
    return "--extra-vars", json.dumps(values)


def message(output: str) -> str:
    """Return the text of the failed tasks."""
    return " ".join(re.findall(r"^\s+msg: (?:[|>]-\s)?(.*(?:\n        .*)*)", output, re.MULTILINE))


WRONG: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"control_plane_address": ""}, ["control_plane_address"]),
    ({"control_plane_exposure": "ClusterIP"}, ["control_plane_exposure", "ClusterIP", "NodePort"]),
    ({"control_plane_monitor_port": 4124}, ["control_plane_monitor_port", "4124", "30000-32767"]),
    ({"control_plane_ssh_port": 22}, ["control_plane_ssh_port", "22", "30000-32767"]),
    ({"control_plane_gate_port": 5030}, ["control_plane_gate_port", "5030", "30000-32767"]),
    ({"control_plane_exposure": "LoadBalancer"}, ["control_plane_gate_address"]),
    (
        {"control_plane_gate_transparent_proxy": True},
        ["control_plane_gate_transparent_proxy", "images_version", "6.10.1"],
    ),
    (
        {"control_plane_gate_transparent_proxy": True, "control_plane_gate": False},
        ["proxy", "OneGate", "control_plane_gate"],
    ),
    ({"control_plane_platform": "k3s"}, ["control_plane_platform", "k3s", "openshift"]),
    ({"control_plane_platform": "openshift"}, ["control_plane_platform", "security.openshift.io"]),
    ({"control_plane_ingress_controller": "caddy"}, ["control_plane_ingress_controller", "caddy", "traefik"]),
    ({"control_plane_linux_containers": True}, ["control_plane_linux_containers", "privileged"]),
    ({"images_registry": ""}, ["images_registry"]),
    ({"images_revision": "2026-11"}, ["images_revision", "images_rebuild"]),
    ({"hypervisor_type": "xen"}, ["hypervisor_type", "xen", "kvm"]),
    ({"control_plane_values": {"oned": {"replicas": 3}}}, ["control_plane_values", "replicas"]),
    ({"control_plane_values": {"oned": {"state": {"size": "big"}}}}, ["control_plane_values", "size"]),
    ({"opennebula_clusters": [{"nam": "edge"}]}, ["opennebula_clusters", "nam"]),
    ({"control_plane_kubeconfig": "/nowhere"}, ["control_plane_kubeconfig"]),
    ({"control_plane_helm": "/nowhere/helm"}, ["control_plane_helm", "/nowhere/helm"]),
)


@pytest.fixture(scope="module")
def refusals(cloud: Cloud) -> list[subprocess.CompletedProcess[str]]:
    """What site.yml says to each wrong variable; they run beside one another, for none of them touches anything."""
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        return list(workers.map(lambda case: cloud.playbook("site", *variables(**case[0])), WRONG))


@pytest.mark.parametrize("case", range(len(WRONG)), ids=lambda case: next(iter(WRONG[case][0])))
def test_a_wrong_variable_is_named_before_anything_is_touched(
    refusals: list[subprocess.CompletedProcess[str]], case: int
) -> None:
    done, named = refusals[case], WRONG[case][1]
    assert done.returncode != 0
    said = message(done.stdout)
    assert all(word in said for word in named), done.stdout
    assert re.findall(r"changed=(\d+)", done.stdout) == ["0"], "more than the checks ran"
    assert "Traceback" not in done.stdout + done.stderr
