# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state file of a node, by which a later run detects drift.

Runs on the node and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.facts import ONEADMIN, Node

# Commands that list all packages. The list is part of the state, because upgrades change files, units and users.
PACKAGES = (
    ("dpkg-query", "--show", "--showformat", "${binary:Package} ${db:Status-Abbrev} ${Version}\n"),
    ("rpm", "--query", "--all"),
)
LISTS = ("files", "folders", "units", "mounts")


@dataclass(frozen=True)
class Managed:
    """What the role manages on a node. folders: only owner and mode. libvirt_file: file of libvirt's settings."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    libvirt_file: str = ""


@dataclass(frozen=True)
class StateFile:
    """Content of the state file. fingerprint: digest of the inputs. state: of everything that is managed."""

    fingerprint: str
    managed: Managed
    state: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document that `load` reads."""
        return {"fingerprint": self.fingerprint, "managed": asdict(self.managed), "state": self.state}

    def drift(self, node: Node, fingerprint: str) -> list[str]:
        """Return what has changed since. fingerprint: the digest of the current inputs."""
        now = state(node, self.managed)
        differs = [name for name in sorted({*self.state, *now}) if self.state.get(name) != now.get(name)]
        return (["fingerprint"] if self.fingerprint != fingerprint else []) + differs


def load(text: str) -> StateFile | None:
    """Read a state file. None if the text is none."""
    try:
        found: Any = json.loads(text)
        lists = {name: tuple(found["managed"][name]) for name in LISTS}
        managed = Managed(**lists, libvirt_file=str(found["managed"]["libvirt_file"]))
        return StateFile(str(found["fingerprint"]), managed, dict(found["state"]))
    except (ValueError, KeyError, TypeError):
        return None


def state(node: Node, managed: Managed) -> dict[str, str]:
    """Return the state of everything that is managed. The values are only compared for equality."""
    found = {path: _file(node.root / path.lstrip("/")) for path in (*managed.files, *managed.folders)}
    for unit in managed.units:
        found[unit] = _output_of(node, "systemctl", "show", "--property=ActiveState,UnitFileState", unit)
    table = [line.split() for line in node.read("/proc/self/mounts").splitlines()]
    for mount in managed.mounts:
        found[f"mount {mount}"] = " ".join(field for line in table if line[1] == mount for field in line[:3])
    said = [text for code, text in (node.run(list(command)) for command in PACKAGES) if code == 0]
    found["packages"] = hashlib.sha256("\n".join(sorted("\n".join(said).splitlines())).encode()).hexdigest()
    found[f"groups of {ONEADMIN}"] = _output_of(node, "id", "-Gn", ONEADMIN)
    found["SELinux"] = _output_of(node, "getsebool", "virt_use_nfs")
    return found


def _file(path: Path) -> str:
    try:
        about = path.stat()
        content = "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"
    return f"{about.st_mode:o} {about.st_uid}:{about.st_gid} {content}"


def _output_of(node: Node, *command: str) -> str:
    code, text = node.run(list(command))
    return f"{code} {' '.join(sorted(text.split()))}"
