# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The lab's hypervisors are listed in inventories/lab/hosts.yml, and what else lists them agrees."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
INVENTORY = yaml.safe_load((ROOT / "inventories/lab/hosts.yml").read_text())["hypervisors"]["hosts"]


def test_the_lab_starts_the_hypervisors_of_its_inventory() -> None:
    script = '. molecule/lab/lib/env.sh; for name in "${HOSTS[@]}"; do echo "$name ${HOST_IP[$name]}"; done'
    started = subprocess.run(["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert dict(line.split() for line in started.splitlines()) == {
        name: host["ansible_host"] for name, host in INVENTORY.items()
    }


def test_molecule_knows_the_hypervisors_of_the_inventory() -> None:
    platforms = yaml.safe_load((ROOT / ".config/molecule/config.yml").read_text())["platforms"]
    assert [platform["name"] for platform in platforms] == list(INVENTORY)
