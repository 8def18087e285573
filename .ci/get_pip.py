# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands for the get-pip.py that ansible-test fetches from a server of its own.

Every Python brings a pip that can install the wanted one. So the index of packages is all that has to be in reach.
"""

from __future__ import annotations

import subprocess
import sys

# get-pip.py's own, which pip does not know
OPTIONS = ("--no-setuptools", "--no-wheel")

subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
wanted = [argument for argument in sys.argv[1:] if argument not in OPTIONS]
subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=True)
