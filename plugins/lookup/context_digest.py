# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: context_digest
author: KubeNebula contributors (@kubenebula)
version_added: 0.1.0
short_description: Compute the digest of everything that goes into an image build
description:
  - Computes the digest of the files below one or more directories. Tag an image with the digest to rebuild the image
    only when its inputs change.
  - The digest covers each file's path below its directory, its contents, whether its owner may execute it, and the
    target of a symbolic link. It ignores times, owners, the location of the checkout and empty directories.
  - C(__pycache__), C(*.pyc) and C(.git) are left out.
options:
  _terms:
    description: Directories, relative to the playbook or absolute. Together they give one digest, which depends on
      their order.
    type: list
    elements: str
    required: true
  extra:
    description: Anything else the image depends on, such as build arguments. Any value that JSON can hold.
    type: raw
  length:
    description: How many hexadecimal digits of the SHA-256 digest to return.
    type: int
    default: 12
"""

EXAMPLES = r"""
- name: Build an image only when its context has changed
  community.docker.docker_image_build:
    name: registry.example.org/one/oned
    tag: "6.10-{{ lookup('kubenebula.opennebula.context_digest', 'images/base', 'images/oned', extra=build_args) }}"
    path: images/oned
    args: "{{ build_args }}"
"""

RETURN = r"""
_raw:
  description: The digest, as the only element.
  type: list
  elements: str
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

IGNORED_DIRECTORIES = {"__pycache__", ".git"}
IGNORED_SUFFIX = ".pyc"


def entries(directory: Path) -> Iterator[Path]:
    """Files and symbolic links below `directory`, ordered by relative path. Links are not followed."""
    found: list[Path] = []
    for parent, directories, files in os.walk(directory, onerror=_raise):
        here = Path(parent)
        links = [name for name in directories if (here / name).is_symlink()]
        directories[:] = [name for name in directories if name not in IGNORED_DIRECTORIES and name not in links]
        found += [
            here / name
            for name in files + links
            if name not in IGNORED_DIRECTORIES and not name.endswith(IGNORED_SUFFIX)
        ]
    yield from sorted(found, key=lambda path: path.relative_to(directory).as_posix().encode())


def _raise(error: OSError) -> None:
    raise error


def digest(directories: list[Path], extra: Any = None) -> str:
    """SHA-256 digest, in hexadecimal, of the directories. Raises OSError, or ValueError for special files."""
    total = hashlib.sha256()

    def add(*parts: bytes) -> None:
        for part in parts:
            # The length in front separates the parts unambiguously.
            total.update(b"%d:" % len(part) + part)

    for directory in directories:
        add(b"directory")
        for path in entries(directory):
            mode = path.lstat().st_mode
            name = path.relative_to(directory).as_posix().encode()
            if stat.S_ISLNK(mode):
                add(name, b"link", str(path.readlink()).encode())
            elif stat.S_ISREG(mode):
                add(name, b"executable" if mode & stat.S_IXUSR else b"file", path.read_bytes())
            else:
                raise ValueError(f"{path} is neither a file nor a symbolic link")
    add(b"extra", json.dumps(extra, sort_keys=True).encode())
    return total.hexdigest()


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible ships no types
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        directories = [Path(self._loader.path_dwim(str(term))) for term in terms]
        if not directories:
            raise AnsibleLookupError("context_digest needs at least one directory")
        for directory in directories:
            if not directory.is_dir():
                raise AnsibleLookupError(f"context_digest: {directory} is not a directory")
        try:
            whole = digest(directories, self.get_option("extra"))
        except (OSError, ValueError, TypeError) as error:
            raise AnsibleLookupError(f"context_digest: {error}") from error
        return [whole[: self.get_option("length")]]
