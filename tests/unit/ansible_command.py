# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible's commands, which find the collection."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import errors

COLLECTIONS = Path(errors.__file__).parents[6]


def ansible(command: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """command: what stands behind ``ansible-``."""
    own = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0"}
    call = [sys.executable, "-m", "ansible", command, *arguments]
    return subprocess.run(call, env={**os.environ, **own, **environment}, capture_output=True, text=True, check=False)
