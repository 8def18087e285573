# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Where things are: the packaged places, or below ONE_LOCATION as oned has it for self-contained installations."""

from __future__ import annotations

import logging
import os
import pwd
import sys
from pathlib import Path

LOCATION = os.environ.get("ONE_LOCATION")
ETC = Path(LOCATION, "etc") if LOCATION else Path("/etc/one")
VAR = Path(LOCATION, "var") if LOCATION else Path("/var/lib/one")
LOG = Path(LOCATION, "var") if LOCATION else Path("/var/log/one")
LOCK = Path(LOCATION, "var/lock/.lock") if LOCATION else Path("/var/lock/one/one")
MADS = Path(LOCATION, "lib/mads") if LOCATION else Path("/usr/lib/one/mads")

FORMAT = "%(asctime)s [Z0][%(name)s][%(levelname).1s]: %(message)s"


def one_auth() -> str:
    """The credentials file's first line; ONE_AUTH or ~/.one/one_auth. Raises RuntimeError with oned's words."""
    path = os.environ.get("ONE_AUTH") or str(Path(pwd.getpwuid(os.getuid()).pw_dir, ".one/one_auth"))
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RuntimeError(f"Could not open file {path}") from error
    if not lines:
        raise RuntimeError(f"Error reading file {path}")
    return lines[0]


def start_log(system: str, name: str) -> None:
    """Log to standard error (SYSTEM = "std") or to a file, which is truncated at each start."""
    if system.lower() == "std":
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        handler = logging.FileHandler(LOG / name, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.DEBUG, format=FORMAT, datefmt="%a %b %e %H:%M:%S %Y", handlers=[handler])
