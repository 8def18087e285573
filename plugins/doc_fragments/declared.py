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
  - Several runs may declare the same at the same time. A write that gets no answer, or that OpenNebula refuses, is
    looked up before it is repeated, and an object that two runs made at the same moment is left once.
  - What was done of an object that failed, and what was not, stands in its RV(results[].msg). The next run does the
    rest.
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
notes:
  - Attributes whose names speak of passwords, secrets, tokens or keys, and those that OpenNebula keeps encrypted, are
    hidden in diffs, in messages and among the arguments that C(-vvv) shows.
  - Attributes that OpenNebula keeps encrypted, such as C(PASSWORD) in a C(CONTEXT), can be compared only if
    O(api_username) belongs to the group C(oneadmin). Anyone else's run stores them anew, which is a change.
"""
