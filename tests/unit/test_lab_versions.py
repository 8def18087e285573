# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The lab's Kubernetes is named in cluster/go.mod, and what else tells its version agrees or reads it there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAB = ROOT / "molecule/lab"
MODULES = (LAB / "cluster/go.mod").read_text()
VERSION = re.findall(r"^\tk8s\.io/kubernetes v1\.(\d+)\.(\d+)$", MODULES, re.MULTILINE)
MINOR, PATCH = VERSION[0]


def bash(script: str) -> str:
    """Run it with the lab's functions."""
    text = f"LAB={LAB}; . $LAB/lib/say.sh; . $LAB/lib/go.sh; {script}"
    return subprocess.run(["bash", "-euc", text], capture_output=True, text=True, check=True).stdout


def test_all_parts_of_kubernetes_are_of_one_version() -> None:
    parts = re.findall(r"^\t(k8s\.io/[\w-]+) => k8s\.io/[\w-]+ (v\S+)$", MODULES, re.MULTILINE)
    assert len(parts) > 20
    assert {version for _module, version in parts} == {f"v0.{MINOR}.{PATCH}"}


def test_the_version_is_written_nowhere_else() -> None:
    files = [LAB / "lab.sh", LAB / "README.md", *LAB.glob("lib/*.sh"), *LAB.glob("manifests/*"), ROOT / "Makefile"]
    assert len(files) > 15
    again = re.compile(rf"\b1\.{MINOR}\b|\b0\.{MINOR}\.\d|[Mm]inor\W+{MINOR}\b")
    assert [str(file) for file in files if again.search(file.read_text())] == []


def test_the_scripts_read_it_there() -> None:
    assert bash("version_of k8s.io/kubernetes cluster") == f"v1.{MINOR}.{PATCH}\n"
    assert bash("minor_of $(version_of k8s.io/kubernetes cluster)") == f"{MINOR}\n"


def test_each_program_has_one_version() -> None:
    for module, folder in [
        ("helm.sh/helm/v3", "cluster"),
        ("helm.sh/helm/v4", "helm4"),
        ("github.com/traefik/traefik/v3", "traefik"),
    ]:
        assert re.fullmatch(r"v\d+\.\d+\.\d+\n", bash(f"version_of {module} {folder}")), module


def test_the_readme_names_the_kubernetes_that_is_tested() -> None:
    assert f"| Kubernetes | 1.{MINOR} |" in (ROOT / "README.md").read_text()
