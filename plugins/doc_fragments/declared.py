# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that declares named objects: module_utils/args.py, declared_spec()."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) - the objects exist and are as described. An option that is left out leaves its value alone.
      - V(absent) - they do not exist. Only their names matter.
    type: str
    choices: [present, absent]
    default: present
notes:
  - An object that fails does not stop the others. The module fails at the end and names each one and its reason.
  - A write that gets no answer is looked up before it is repeated.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    TEMPLATE = r"""
options:
  template_mode:
    description:
      - V(merge) - attributes that a template given here does not name stay.
      - V(replace) - they are removed, except those that OpenNebula itself needs. An object without a template here
        keeps all.
    type: str
    choices: [merge, replace]
    default: merge
"""
