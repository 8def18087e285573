# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state in which a node was left, by which a later look tells whether anything has changed since.

Runs on the machine and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node_facts import ONEADMIN, Machine

# what each package manager says of all packages: upgrades bring files, units and users along
PACKAGES = (
    ("dpkg-query", "--show", "--showformat", "${binary:Package} ${db:Status-Abbrev} ${Version}\n"),
    ("rpm", "--query", "--all"),
)
LISTS = ("files", "folders", "units", "mounts")


@dataclass(frozen=True)
class Managed:
    """What is made or kept on a node. files: with their content; folders: without; libvirt_file: of its settings."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    libvirt_file: str = ""


@dataclass(frozen=True)
class Record:
    """How a node was left. told: a digest of what it was to be; state: of what is managed."""

    told: str
    managed: Managed
    state: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """What `recall` reads."""
        return {"told": self.told, "managed": asdict(self.managed), "state": self.state}

    def drift(self, machine: Machine, told: str) -> list[str]:
        """Return what is not as it was; `told`: what the node is to be now."""
        now = state(machine, self.managed)
        differs = [name for name in sorted({*self.state, *now}) if self.state.get(name) != now.get(name)]
        return (["told"] if self.told != told else []) + differs


def recall(text: str) -> Record | None:
    """Read a record; None where it is none."""
    try:
        found: Any = json.loads(text)
        lists = {name: tuple(found["managed"][name]) for name in LISTS}
        managed = Managed(**lists, libvirt_file=str(found["managed"]["libvirt_file"]))
        return Record(str(found["told"]), managed, dict(found["state"]))
    except (ValueError, KeyError, TypeError):
        return None


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
