#!/usr/bin/python3
# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every command of the stand-in is a link to this file; the name it is called by says which one runs."""

from __future__ import annotations

import sys
from pathlib import Path

COMMANDS = {
    "oned": "oned",
    "onemonitord": "monitord",
    "mm_sched": "companions",
    "onehem-server": "companions",
    "oneshowback": "companions",
    "onedb": "onedb",
    "onehost": "cli",
    "oneuser": "cli",
    "onezone": "cli",
}

if __name__ == "__main__":
    name = Path(sys.argv[0]).name
    module = __import__(COMMANDS[name])
    arguments = sys.argv[1:] if COMMANDS[name] not in ("cli", "companions") else [name, *sys.argv[1:]]
    sys.exit(module.main(arguments))
