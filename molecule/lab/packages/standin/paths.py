# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Where things are: the packaged places, or below ONE_LOCATION, for self-contained installations."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

HOME = os.environ.get("ONE_LOCATION")
ETC = Path(HOME, "etc") if HOME else Path("/etc/one")
VAR = Path(HOME, "var") if HOME else Path("/var/lib/one")
LOG = Path(HOME, "var") if HOME else Path("/var/log/one")
LOCK = Path(HOME, "var/lock/.lock") if HOME else Path("/var/lock/one/one")
MADS = Path(HOME, "lib/mads") if HOME else Path("/usr/lib/one/mads")


class NoCredentials(Exception):
    """one_auth cannot be used; the text is oned's."""


def one_auth() -> str:
    """The credentials file's first line; ONE_AUTH or ~/.one/one_auth. Raises NoCredentials."""
    path = Path(os.environ.get("ONE_AUTH") or "~/.one/one_auth").expanduser()
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError) as error:
        raise NoCredentials(f"Error reading one_auth: Could not open file {path}") from error


def start_log(system: str, name: str) -> None:
    """Log to standard error (SYSTEM = "std") or to a file, which is truncated at each start."""
    text, date = "%(asctime)s [Z0][%(name)s][%(levelname).1s]: %(message)s", "%a %b %e %H:%M:%S %Y"
    target: dict[str, Any] = {"stream": sys.stderr}
    if system.lower() != "std":
        (LOG / name).write_text("")
        # Like the real one, which opens it anew for each line: what others cut off or add stays so.
        target = {"filename": LOG / name, "encoding": "utf-8"}
    logging.basicConfig(level=logging.DEBUG, format=text, datefmt=date, **target)
