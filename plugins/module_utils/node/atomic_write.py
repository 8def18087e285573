# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a machine, written so that nobody ever reads half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def write(module: AnsibleModule, path: Path, content: bytes) -> None:
    """Give a file its content. One that is new gets the mode that the umask leaves it, another one keeps its own."""
    handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    module.atomic_move(temporary, str(path))
