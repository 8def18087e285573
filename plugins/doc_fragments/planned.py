# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Option of every module whose objects name objects of other kinds: module_utils/args.py, PLANNED."""

    DOCUMENTATION = r"""
options:
  planned:
    description:
      - Names of objects that earlier tasks of the play would have made. In check mode they count as existing, so that
        the prediction of a play whose objects name one another is that of the play.
      - Without check mode it means nothing.
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
