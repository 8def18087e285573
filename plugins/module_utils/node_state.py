# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state in which a node was left, by which a later look tells whether anything has changed since.

Runs on the machine and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node_facts import ONEADMIN, Machine

# what each package manager says of all packages: upgrades bring files, units and users along
PACKAGES = (
    ("dpkg-query", "--show", "--showformat", "${binary:Package} ${db:Status-Abbrev} ${Version}\n"),
    ("rpm", "--query", "--all"),
)


@dataclass(frozen=True)
class Managed:
    """What is made or kept on a node. files: with their content; folders: without."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


def state(machine: Machine, managed: Managed) -> dict[str, str]:
    """Return what is managed and how it is; texts, of which nothing but equality matters."""
    found = {path: _file(machine.root / path.lstrip("/")) for path in (*managed.files, *managed.folders)}
    for unit in managed.units:
        found[unit] = _says(machine, "systemctl", "show", "--property=ActiveState,UnitFileState", unit)
    table = [line.split() for line in machine.read("/proc/self/mounts").splitlines()]
    for mount in managed.mounts:
        found[f"mount {mount}"] = " ".join(word for line in table if line[1] == mount for word in line[:3])
    said = [text for code, text in (machine.run(list(command)) for command in PACKAGES) if code == 0]
    found["packages"] = hashlib.sha256("\n".join(sorted("\n".join(said).splitlines())).encode()).hexdigest()
    found[f"groups of {ONEADMIN}"] = _says(machine, "id", "-Gn", ONEADMIN)
    found["SELinux"] = _says(machine, "getsebool", "virt_use_nfs")
    return found


def drift(record: str, told: str, now: dict[str, str]) -> list[str]:
    """Return what is not as it was when `record` was written; `told`: a digest of what the node is to be."""
    try:
        before: Any = json.loads(record)
        left: dict[str, str] = before["state"]
        differs = [name for name in sorted({*left, *now}) if left.get(name) != now.get(name)]
        return (["told"] if before["told"] != told else []) + differs
    except (ValueError, KeyError, TypeError, AttributeError):
        return ["record"]


def _file(path: Path) -> str:
    try:
        about = path.stat()
        content = "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"
    return f"{about.st_mode:o} {about.st_uid}:{about.st_gid} {content}"


def _says(machine: Machine, *command: str) -> str:
    code, text = machine.run(list(command))
    return f"{code} {' '.join(sorted(text.split()))}"
