# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a host that matter for an OpenNebula node. Runs on the host and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.commands import Run

ONEADMIN = "oneadmin"
ID = 9869
# First subordinate ID and count of each unprivileged container (src/vmm_mad/remotes/lib/lxc/opennebula_vm.rb,
# FIXED_CONFIGURATION).
SUBIDS = (600100001, 65536)


@dataclass(frozen=True)
class Node:
    """File system and commands of a host. Tests replace both."""

    run: Run
    root: Path = Path("/")

    def read(self, path: str) -> str:
        """Return the text of a file, empty if it cannot be read."""
        try:
            return (self.root / path.lstrip("/")).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def exists(self, path: str) -> bool:
        return (self.root / path.lstrip("/")).exists()

    def succeeds(self, *command: str) -> bool:
        return self.run(list(command))[0] == 0

    def distribution(self) -> tuple[str, str, list[str]]:
        """Return the distribution's ID, its version, and the IDs of those it is compatible with."""
        found = dict(re.findall(r"^([A-Z_]+)=[\"']?([^\"'\n]*)", self.read("/etc/os-release"), re.MULTILINE))
        return found.get("ID", ""), found.get("VERSION_ID", ""), found.get("ID_LIKE", "").split()

    def entry(self, database: str, key: str) -> list[str]:
        """Return the fields of a user or group by name or ID, empty if there is none. database: passwd or group."""
        code, text = self.run(["getent", database, key])
        return text.splitlines()[0].split(":") if code == 0 and text else []

    @cached_property
    def sshd(self) -> dict[str, str]:
        """The SSH server's effective settings for oneadmin, empty if it reports none. Read once."""
        code, text = self.run(["sshd", "-T", "-C", f"user={ONEADMIN},host=localhost,addr=127.0.0.1"])
        options: dict[str, str] = {}
        for line in text.splitlines() if code == 0 else []:
            key, _space, value = line.partition(" ")
            options[key] = f"{options[key]} {value}" if key in options else value
        return options

    def virtual_machines(self) -> list[str]:
        """Return the names of running virtual machines. libvirt keeps a file for each, even while no daemon runs."""
        return sorted(path.stem for path in (self.root / "run/libvirt/qemu").glob("*.xml"))

    def libvirt_settings(self, path: str) -> dict[str, str]:
        """Return the settings in a file of libvirt, values as written. The first of several counts."""
        found: dict[str, str] = {}
        for key, value in re.findall(r"^\s*([a-z_]+)\s*=\s*(.*?)\s*$", self.read(path), re.MULTILINE):
            found.setdefault(key, value)
        return found

    def mounted(self, paths: Iterable[str]) -> list[str]:
        """Return those paths that are mount points."""
        targets = {line.split()[1] for line in self.read("/proc/self/mounts").splitlines()}
        return [path for path in paths if path in targets]

    def cpu_virtualizes(self) -> bool:
        return re.search(r"^flags\s*:.*\b(vmx|svm)\b", self.read("/proc/cpuinfo"), re.MULTILINE) is not None

    def nested(self) -> bool:
        values = [self.read(f"/sys/module/kvm_{cpu}/parameters/nested").strip() for cpu in ("intel", "amd")]
        return any(value in ("1", "Y") for value in values)

    def virtual(self) -> bool:
        """Whether the host is a virtual machine itself."""
        return self.succeeds("systemd-detect-virt", "--vm", "--quiet")

    def clock_drifts(self) -> bool:
        """Whether the clock is not synchronized. A container has no clock of its own."""
        if self.succeeds("systemd-detect-virt", "--container", "--quiet"):
            return False
        return self.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"]) == (0, "no")

    def missing_subids(self) -> list[str]:
        """Return those of /etc/subuid and /etc/subgid that do not let root map the IDs of the LXC driver."""
        first, count = SUBIDS
        missing = []
        for path in ("/etc/subuid", "/etc/subgid"):
            ranges = re.findall(r"^(?:root|0):(\d+):(\d+)", self.read(path), re.MULTILINE)
            if not any(int(a) <= first and first + count <= int(a) + int(n) for a, n in ranges):
                missing.append(path)
        return missing
