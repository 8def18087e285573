# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that lists objects: module_utils/ansible/options.py, info_spec()."""

    DOCUMENTATION = r"""
options:
  names:
    description:
      - Only objects with these names. Case does not matter.
      - A value that begins with V(~) is a regular expression, which may match anywhere in the name.
    type: list
    elements: str
  ids:
    description:
      - Only objects with these IDs. If O(names) is given too, an object that matches either is listed.
    type: list
    elements: int
"""

    CLUSTERS = r"""
options:
  clusters:
    description:
      - Only objects that belong to one of these clusters, given by name or ID.
    type: list
    elements: str
"""
