# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Render the chart with a real Helm."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

CHART = Path(__file__).parents[2] / "roles/control_plane/files/opennebula"
Values = dict[str, Any]
Objects = dict[tuple[str, str], dict[str, Any]]

# what nobody can guess and everybody has to give
REQUIRED: Values = {"images": {"registry": "registry.test/one"}, "hypervisors": {"address": "192.0.2.10"}}


def merge(base: Values, changes: Values) -> Values:
    """Return the values with the changes put in, map by map."""
    merged = dict(base)
    for key, value in changes.items():
        merged[key] = merge(base.get(key, {}), value) if isinstance(value, dict) else value
    return merged


class Helm:
    """Helm with this project's chart."""

    rendered: ClassVar[dict[str, subprocess.CompletedProcess[str]]] = {}

    def __init__(self, folder: Path) -> None:
        tools = os.environ.get("LAB_TOOLS")
        self.binary = f"{tools}/helm" if tools else "helm"
        self.folder = folder

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, check=False)

    def template(self, changes: Values) -> subprocess.CompletedProcess[str]:
        """Render the chart; the same values are rendered once."""
        text = json.dumps(merge(REQUIRED, changes))
        if text not in self.rendered:
            values = self.folder / "values.json"
            values.write_text(text)
            self.rendered[text] = self.run(
                "template", "cloud", str(CHART), "--namespace", "one", "--values", str(values)
            )
        return self.rendered[text]

    def objects(self, changes: Values) -> Objects:
        """Return (kind, name) -> object; fails where the chart does not render."""
        done = self.template(changes)
        assert done.returncode == 0, done.stderr
        found: Objects = {}
        for document in yaml.safe_load_all(done.stdout):
            if document:
                key = (document["kind"], document["metadata"]["name"])
                assert key not in found, f"{key} is rendered twice"
                found[key] = document
        return found

    def error(self, changes: Values) -> str:
        """Return what Helm says of values that it must refuse."""
        done = self.template(changes)
        assert done.returncode != 0, "the chart took the values"
        return done.stderr


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    return Helm(tmp_path)
