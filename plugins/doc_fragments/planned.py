# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Option of every module whose objects reference other resource kinds: module_utils/ansible/options.py, PLANNED."""

    DOCUMENTATION = r"""
options:
  planned:
    description:
      - Names of objects that earlier tasks of the play would have created. In check mode, they count as existing, so
        that a play can be predicted even if its objects reference one another.
      - Ignored without check mode.
    type: dict
    suboptions:
      clusters:
        description: Clusters.
        type: list
        elements: str
      datastores:
        description: Datastores.
        type: list
        elements: str
      groups:
        description: Groups.
        type: list
        elements: str
      hosts:
        description: Hosts.
        type: list
        elements: str
      users:
        description: Users.
        type: list
        elements: str
      vnets:
        description: Virtual networks.
        type: list
        elements: str
"""
