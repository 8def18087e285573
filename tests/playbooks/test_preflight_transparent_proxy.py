# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Transparent proxies are refused where they cannot work, before anything is touched."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_command import ansible

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: kubenebula.opennebula.preflight, tasks_from: control_plane}
    - ansible.builtin.import_role: {name: kubenebula.opennebula.control_plane, tasks_from: validate}
"""
# keeps the values that it is asked to render
HELM = """#!/bin/bash
for argument; do case $argument in -f=*) cp "${argument#*=}" "$(dirname "$0")/values.yaml";; esac; done
echo 'version.BuildInfo{Version:"v3.18.0", '
"""


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "control_plane_gate_transparent_proxy needs OpenNebula 6.10.1 or newer, and images_version is 6.10.0.1"),
        ({"images_version": "6.10.1", "control_plane_gate": False}, "OneGate, which control_plane_gate switches off"),
        ({"images_version": "6.10.1"}, ""),
        ({"images_version": "7.0.0"}, ""),
        ({"control_plane_gate_transparent_proxy": False}, ""),
    ],
)
def test_the_proxy_needs_its_packages_and_onegate(tmp_path: Path, variables: dict[str, Any], said: str) -> None:
    play, helm = tmp_path / "play.yml", tmp_path / "helm"
    play.write_text(PLAY)
    helm.write_text(HELM)
    helm.chmod(0o755)
    values = {
        "control_plane_gate_transparent_proxy": True,
        "control_plane_address": "192.0.2.10",
        "control_plane_helm": str(helm),
        "images_registry": "registry.test/one",
        "preflight_node_port_range": "30000-32767",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        **variables,
    }
    done = ansible("playbook", "-i", "localhost,", "-e", json.dumps(values), str(play), TMPDIR=str(tmp_path))
    assert (done.returncode == 0) == (not said), done.stdout + done.stderr
    assert said in " ".join(done.stdout.split())
    assert "changed=0" in done.stdout
    if not said:
        given = yaml.safe_load((tmp_path / "values.yaml").read_text())["gate"]["transparentProxy"]
        assert given == {"enabled": values["control_plane_gate_transparent_proxy"]}
