# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observes a hypervisor for verify. Runs on the hypervisor as root and changes nothing."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.commands import Run

USER = "oneadmin"


def account() -> dict[str, Any] | None:
    """IDs and groups of oneadmin, or None if there is no such user."""
    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        return None
    groups = [grp.getgrgid(number).gr_name for number in os.getgrouplist(USER, found.pw_gid)]
    return {"uid": found.pw_uid, "gid": found.pw_gid, "groups": sorted(groups)}


def units(run: Run, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """State of the named units that are installed. Keys: ActiveState, UnitFileState, ConditionResult."""
    properties = ("Id", "LoadState", "ActiveState", "UnitFileState", "ConditionResult")
    _code, said = run(["systemctl", "show", f"--property={','.join(properties)}", *names])
    found = {}
    for block in said.split("\n\n"):
        unit = dict(line.partition("=")[::2] for line in block.splitlines())
        if unit.get("LoadState") == "loaded":
            found[unit.pop("Id")] = unit
    return found


def packages(run: Run, names: Sequence[str]) -> dict[str, str | None]:
    """Versions of packages, None for a package that is not installed."""
    found: dict[str, str | None] = dict.fromkeys(names)
    code, said = run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status} ${Version}\\n", *names])
    for line in said.splitlines():
        name, _space, rest = line.partition(" ")
        if rest.startswith("installed "):
            found[name] = rest.split()[1]
    if code == 127:
        _code, said = run(["rpm", "--query", "--queryformat", "%{NAME} %{VERSION}-%{RELEASE}\\n", *names])
        for line in said.splitlines():
            name, _space, rest = line.partition(" ")
            if name in found and " " not in rest:
                found[name] = rest
    return found


def space(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Free space and inodes in percent, as df counts them, of the file systems of the paths, each once."""
    found: dict[int, dict[str, Any]] = {}
    for path in paths:
        if Path(path).exists():
            figures = os.statvfs(path)
            blocks = figures.f_blocks - figures.f_bfree + figures.f_bavail
            found.setdefault(
                Path(path).stat().st_dev,
                {
                    "path": path,
                    "free": 100 * figures.f_bavail / blocks if blocks else 100.0,
                    "free_inodes": 100 * figures.f_favail / figures.f_files if figures.f_files else 100.0,
                },
            )
    return list(found.values())


def not_mounted(base: str, fstab: str = "/etc/fstab") -> list[str]:
    """Mount points at or below a folder that fstab mounts at boot but that are not mounted."""
    missing = []
    table = Path(fstab)
    lines = table.read_text(errors="replace").splitlines() if table.exists() else []
    for line in lines:
        fields = line.split("#")[0].split()
        if len(fields) < 4 or "noauto" in fields[3].split(","):
            continue
        path = os.path.normpath(fields[1])
        if (path == base or path.startswith(f"{base}/")) and not os.path.ismount(path):
            missing.append(path)
    return missing


def datastores(run: Run, base: str, shared: Iterable[str]) -> dict[str, Any]:
    """The folder of the datastores, and the inode numbers of shared datastores, to compare with the front-end's."""
    exists = Path(base).is_dir()
    return {
        "path": base,
        "exists": exists,
        "writable": exists and _oneadmin_passes(run, base, "-w"),
        "not_mounted": not_mounted(base),
        "inodes": {path: Path(path).stat().st_ino if Path(path).exists() else None for path in shared},
    }


def _oneadmin_passes(run: Run, path: str, *tests: str) -> bool:
    """Whether oneadmin passes these tests of test(1) for a path."""
    return all(run(["test", test, path], USER)[0] == 0 for test in tests)


def kvm(run: Run, device: str = "/dev/kvm") -> dict[str, bool]:
    """Whether hardware virtualization exists, and whether oneadmin can use it."""
    exists = Path(device).exists()
    flags = Path("/proc/cpuinfo").read_text()
    return {
        "exists": exists,
        "usable": exists and _oneadmin_passes(run, device, "-r", "-w"),
        "flags": " vmx" in flags or " svm" in flags,
    }


def driver(run: Run, command: Sequence[str]) -> dict[str, Any]:
    """Result of a command of the drivers, run as oneadmin."""
    code, said = run(command, USER)
    return {"command": " ".join(command), "code": code, "said": said[-300:]}


def consoles(first: int) -> list[dict[str, Any]]:
    """Ports from `first` on where QEMU or LXC's console server listens, and whether on every address."""
    owners: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().startswith(("qemu", "svncterm")):
                links = [str(link.readlink()) for link in (folder / "fd").iterdir()]
                owners.update(link[8:-1] for link in links if link.startswith("socket:["))
        except OSError:  # the process has just ended
            continue
    found = []
    for name, any_address in (("tcp", "00000000"), ("tcp6", "0" * 32)):
        table = Path("/proc/net") / name
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields: list[str] = line.split()
            address, _colon, port = fields[1].partition(":")
            listening = "0A"
            if fields[3] == listening and int(port, 16) >= first and fields[9] in owners:
                found.append({"port": int(port, 16), "everywhere": address == any_address})
    return found


def ssh_settings(run: Run, name: str) -> Mapping[str, str]:
    """Settings of oneadmin's ssh for a host name, the last value of each."""
    code, said = run(["ssh", "-G", name], USER)
    return dict(line.partition(" ")[::2] for line in said.splitlines()) if code == 0 else {}
