# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Programs, SSH agent, packages and file systems of the container."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

WRITTEN = ("/var/lib/one", "/var/lib/one/datastores", "/var/log/one", "/var/tmp", "/tmp")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def version() -> str:
    """Return the version of oned's package."""
    return _run("dpkg-query", "--show", "--showformat", "${Version}", "opennebula").stdout


def programs() -> list[dict[str, str]]:
    """Return the state of each program of supervisord. supervisorctl exits with 3 if one does not run."""
    lines = _run("supervisorctl", "-c", "/etc/kubenebula/supervisord.conf", "status").stdout.splitlines()
    fields = [line.split(None, 2) for line in lines]
    return [{"name": name, "state": state, "detail": " ".join(rest)} for name, state, *rest in fields]


def agent() -> str:
    """Return why the SSH agent has no key to forward, or an empty text if it has one."""
    done = _run("ssh-add", "-l")
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


def space(paths: list[str]) -> list[dict[str, Any]]:
    """Return the free space and inodes of each file system once, in percent as df computes it."""
    found: dict[int, dict[str, Any]] = {}
    for path in paths:
        if Path(path).exists():
            figures, device = os.statvfs(path), Path(path).stat().st_dev
            blocks = figures.f_blocks - figures.f_bfree + figures.f_bavail
            found.setdefault(
                device,
                {
                    "path": path,
                    "free": 100 * figures.f_bavail / blocks if blocks else 100.0,
                    "free_inodes": 100 * figures.f_favail / figures.f_files if figures.f_files else 100.0,
                },
            )
    return list(found.values())


def inodes(paths: list[str]) -> dict[str, int | None]:
    """Return path -> inode number, which is the same on two machines that share the file system."""
    return {path: Path(path).stat().st_ino if Path(path).exists() else None for path in paths}
