#!/usr/bin/env python
# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every command of the stand-in is a link to this file; the name it is called by says which one runs."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

MODULES = {"oned": "oned", "onemonitord": "monitord", "onedb": "onedb"}

if __name__ == "__main__":
    module = MODULES.get(Path(sys.argv[0]).name, "companions")
    sys.exit(importlib.import_module(module).main(sys.argv[1:]))
