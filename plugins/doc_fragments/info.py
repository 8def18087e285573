# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that lists objects: module_utils/args.py, info_spec()."""

    DOCUMENTATION = r"""
options:
  names:
    description:
      - Only objects of these names. Capitals do not matter.
      - After a V(~) stands a regular expression, which is looked for anywhere in the name.
    type: list
    elements: str
  ids:
    description:
      - Only objects of these IDs. With O(names), an object that matches either is listed.
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
