# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands at the end of oned's logs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

FOLDER = Path("/var/log/one")
TAIL = 1 << 20
KEPT = 50
SIGNS = re.compile(r"Permission denied \(publickey|Host key verification failed|database is locked", re.IGNORECASE)
# e.g. "Sun Nov  2 20:47:29 2026 [Z0][HMM][I]: ..."
STAMP = re.compile(r"\w{3} (\w{3} +\d+ [\d:]{8} \d{4}) ")
# what an onemonitord that got no message of its protocol writes of it, from DEBUG_LEVEL 2 (INFO) on
MARK = "VERIFY"


def _tail(name: str) -> str:
    with (FOLDER / name).open("rb") as file:
        file.seek(max(file.seek(0, 2) - TAIL, 0))
        return file.read().decode(errors="replace")


def received(token: str) -> set[str] | None:
    """``NAME tcp`` and ``NAME udp`` of the messages with a token; None where the monitor writes no file."""
    try:
        return {f"{name} {way}" for name, way in re.findall(rf"{MARK} {token} (\S+) (tcp|udp)", _tail("monitor.log"))}
    except FileNotFoundError:
        return None


def signs() -> list[dict[str, Any]]:
    """The last lines that say that something is wrong, each with its age in seconds."""
    found = []
    for name in ("oned.log", "monitor.log"):
        try:
            lines = _tail(name).splitlines()
        except FileNotFoundError:
            continue
        written = 0.0
        for line in lines:
            # a line without a time of its own goes on with the one before
            if stamp := STAMP.match(line):
                written = time.mktime(time.strptime(stamp[1], "%b %d %H:%M:%S %Y"))
            if sign := SIGNS.search(line):
                found.append({"file": name, "sign": sign[0], "line": line[:300], "at": written})
    return sorted(found, key=lambda entry: entry["at"])[-KEPT:]
