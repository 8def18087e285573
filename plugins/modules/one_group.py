#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_group
short_description: Declare OpenNebula groups
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of groups into the desired state in one call of the module.
  - Reads the group pool once, compares it with the desired state and sends only the differences.
  - OpenNebula itself creates access rules for a new group.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  groups:
    description:
      - The groups. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the group. The name cannot be changed later.
        type: str
        required: true
      admins:
        description:
          - Names or IDs of the users that administer the group, exactly these.
          - Only members can administer a group, so a user who is not a member is added to the group. If
            M(kubenebula.opennebula.one_user) declares the groups of that user, list the group there too.
        type: list
        elements: str
      template:
        description:
          - Attributes of the group. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value means the same as a missing attribute.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_group_info
"""

EXAMPLES = r"""
- name: Declare a group
  kubenebula.opennebula.one_group:
    api_password: "{{ oneadmin_password }}"
    groups:
      - name: developers
        template:
          SUNSTONE:
            DEFAULT_VIEW: cloud
"""

RETURN = r"""
results:
  description: One entry per group of O(groups), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: developers
    id:
      description: ID of the group. Null if the group does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the group was created but could not be read afterwards.
      type: str
      returned: always
      sample: PRESENT
    changed:
      description: Whether anything was changed. In check mode, whether anything would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done. In check mode, what would be done.
        - Any of V(allocate), V(update), V(admins), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the group is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the group is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.group import Groups


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {"admins": {"type": "list", "elements": "str"}, **options.TEMPLATE}
    return {**options.declared_spec("groups", item), **options.PLANNED}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Groups, "groups")


if __name__ == "__main__":
    main()
