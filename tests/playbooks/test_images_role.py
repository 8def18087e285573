# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The tags of the images change with images_rebuild, whose old name is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_command import ansible

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: kubenebula.opennebula.images, tasks_from: tags}
    - ansible.builtin.debug: {msg: "tags: {{ images_tags | to_json }}"}
"""


def compute(folder: Path, **variables: Any) -> subprocess.CompletedProcess[str]:
    play = folder / "play.yml"
    play.write_text(PLAY)
    values = {
        "images_registry": "registry.test/one",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        **variables,
    }
    return ansible("playbook", "-i", "localhost,", "-e", json.dumps(values), str(play))


def tags(folder: Path, **variables: Any) -> dict[str, str]:
    done = compute(folder, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout.partition("tags: ")[2]
    found: dict[str, str] = json.loads(text[: text.index("}") + 1].replace('\\"', '"'))
    return found


def test_another_value_of_images_rebuild_changes_every_tag(tmp_path: Path) -> None:
    before, after = tags(tmp_path), tags(tmp_path, images_rebuild="2026-11")
    assert before.keys() == after.keys() == {"base", "oned", "fireedge", "flow", "gate", "exporter"}
    assert not [name for name in before if before[name] == after[name]]


def test_the_old_name_is_refused(tmp_path: Path) -> None:
    done = compute(tmp_path, images_revision="2026-11")
    assert done.returncode != 0
    assert "images_revision is called images_rebuild now: rename the variable." in " ".join(done.stdout.split())
    assert "tags: " not in done.stdout
