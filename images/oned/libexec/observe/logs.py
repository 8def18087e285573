# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors and test messages at the end of oned's logs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

FOLDER = Path("/var/log/one")
TAIL = 1 << 20
MOST = 50
SIGNS = re.compile(r"Permission denied \(publickey|Host key verification failed|database is locked", re.IGNORECASE)
# e.g. "Sun Nov  2 20:47:29 2026 [Z0][HMM][I]: ..."
STAMP = re.compile(r"\w{3} (\w{3} +\d+ [\d:]{8} \d{4}) ")
# onemonitord logs a message that is not of its protocol, such as those of verify, from DEBUG_LEVEL 2 (INFO) on
MARK = "VERIFY"


def _tail(name: str) -> str:
    with (FOLDER / name).open("rb") as file:
        file.seek(max(file.seek(0, 2) - TAIL, 0))
        return file.read().decode(errors="replace")


def received(token: str) -> set[str] | None:
    """Return ``NAME tcp`` and ``NAME udp`` for the messages with a token; None if the monitor writes no log file."""
    try:
        return {f"{name} {way}" for name, way in re.findall(rf"{MARK} {token} (\S+) (tcp|udp)", _tail("monitor.log"))}
    except FileNotFoundError:
        return None


def signs() -> list[dict[str, Any]]:
    """Return the last lines with an error, each with the time when it was written."""
    found = []
    for name in ("oned.log", "monitor.log"):
        try:
            lines = _tail(name).splitlines()
        except FileNotFoundError:
            continue
        written = 0.0
        for line in lines:
            # a line without a time continues the line before
            if stamp := STAMP.match(line):
                written = time.mktime(time.strptime(stamp[1], "%b %d %H:%M:%S %Y"))
            if sign := SIGNS.search(line):
                found.append({"file": name, "sign": sign[0], "line": line[:300], "at": written})
    return sorted(found, key=lambda entry: entry["at"])[-MOST:]
