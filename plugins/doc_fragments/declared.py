# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that declares named objects: module_utils/ansible/options.py, declared_spec()."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) - the objects exist and are as declared. An option that is left out does not change its value.
      - V(absent) - the objects do not exist. Only their names matter.
    type: str
    choices: [present, absent]
    default: present
notes:
  - An object that fails does not stop the others. The module fails at the end and names each failed object
    with its reason.
  - Several runs may declare the same objects at the same time. A write is unconfirmed if it gets no answer or if
    OpenNebula refuses it. The module reads the object again before it repeats an unconfirmed write. If two runs create
    an object at the same moment, only one object remains.
  - The RV(results[].msg) of an object that failed says what was done and what was not. The next run does the rest.
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
      - V(merge) - attributes that the given template does not name stay.
      - V(replace) - these attributes are removed, except those that OpenNebula itself needs. An object for which no
        template is given keeps all attributes.
    type: str
    choices: [merge, replace]
    default: merge
notes:
  - oned accepts some values and stores others. The module looks at the objects after the run. An object that oned keeps
    otherwise than asked for fails, with both values, and so does one that was created and is gone.
  - Attributes whose names speak of passwords, secrets, tokens or keys, and those that OpenNebula keeps encrypted, are
    hidden in diffs, in messages and among the arguments that C(-vvv) shows.
  - Attributes that OpenNebula keeps encrypted, such as C(PASSWORD) in a C(CONTEXT), can be compared only if
    O(api_username) belongs to the group C(oneadmin). For any other user, each run stores them again, which is a change.
"""
