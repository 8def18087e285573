# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible itself finds and documents the plugins; module_utils need no Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import errors
from ansible_command import COLLECTIONS, ansible

MODULE_UTILS = Path(errors.__file__).parents[1]
PREFIX = "kubenebula.opennebula"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("module", ["one_host", "one_host_info", "node_check"]),
        ("lookup", ["context_digest"]),
        ("filter", ["helm_errors", "hypervisor_problems"]),
        ("filter", ["declaration_problems", "planned_names", "cluster_problems", "registration_failures"]),
    ],
)
def test_everything_is_documented(kind: str, names: list[str]) -> None:
    shown = ansible("doc", "--json", "-t", kind, *(f"{PREFIX}.{name}" for name in names))
    assert shown.returncode == 0, shown.stderr
    documented = json.loads(shown.stdout)
    for name in names:
        entry = documented[f"{PREFIX}.{name}"]
        assert entry["doc"]["short_description"]
        assert entry["doc"]["version_added"] == "0.1.0"
        assert entry["examples"].strip()
        assert entry["return"]


def test_the_documented_options_are_those_of_the_modules() -> None:
    from ansible_collections.kubenebula.opennebula.plugins.modules import one_host

    shown = json.loads(ansible("doc", "--json", "-t", "module", f"{PREFIX}.one_host").stdout)
    documented = shown[f"{PREFIX}.one_host"]["doc"]["options"]
    spec: dict[str, Any] = one_host.argument_spec()
    assert documented.keys() == spec.keys()
    assert documented["hosts"]["suboptions"].keys() == spec["hosts"]["options"].keys()
    for name, option in spec.items():
        for field in ("type", "default", "choices"):
            assert documented[name].get(field) == option.get(field), (name, field)


def test_module_utils_are_importable_without_ansible_and_kubernetes() -> None:
    names = sorted(
        ".".join(path.relative_to(MODULE_UTILS).with_suffix("").parts) for path in MODULE_UTILS.rglob("*.py")
    )
    assert "rpc.client" in names
    code = (
        "import importlib, sys\n"
        "sys.modules.update({'ansible': None, 'kubernetes': None, 'yaml': None})\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module('ansible_collections.kubenebula.opennebula.plugins.module_utils.' + name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_files_stay_small() -> None:
    long = {
        path.name: count for path in MODULE_UTILS.rglob("*.py") if (count := len(path.read_text().splitlines())) > 250
    }
    assert long == {}
