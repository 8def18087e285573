# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Where things are: the packaged places, or below ONE_LOCATION, for self-contained installations."""

from __future__ import annotations

import logging
import os
import pwd
import sys
from pathlib import Path

HOME = os.environ.get("ONE_LOCATION")
ETC = Path(HOME, "etc") if HOME else Path("/etc/one")
VAR = Path(HOME, "var") if HOME else Path("/var/lib/one")
LOG = Path(HOME, "var") if HOME else Path("/var/log/one")
LOCK = Path(HOME, "var/lock/.lock") if HOME else Path("/var/lock/one/one")
MADS = Path(HOME, "lib/mads") if HOME else Path("/usr/lib/one/mads")

FORMAT = "%(asctime)s [Z0][%(name)s][%(levelname).1s]: %(message)s"
DATE = "%a %b %e %H:%M:%S %Y"


class NoCredentials(Exception):
    """one_auth cannot be used; the text is oned's."""


def one_auth() -> str:
    """The credentials file's first line; ONE_AUTH or ~/.one/one_auth. Raises NoCredentials."""
    path = os.environ.get("ONE_AUTH") or Path(pwd.getpwuid(os.getuid()).pw_dir, ".one/one_auth")
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NoCredentials(f"Could not open file {path}") from error
    if not lines:
        raise NoCredentials(f"Error reading file {path}")
    return lines[0]


def start_log(system: str, name: str) -> None:
    """Log to standard error (SYSTEM = "std") or to a file, which is truncated at each start."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if system.lower() != "std":
        (LOG / name).write_text("")
        # like the real one, which opens it anew for each line: what others cut off or add stays so
        handler = logging.FileHandler(LOG / name, mode="a", encoding="utf-8")
    logging.basicConfig(level=logging.DEBUG, format=FORMAT, datefmt=DATE, handlers=[handler])
