#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_acl
short_description: Declare OpenNebula access rules
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Adds and removes any number of access rules in one call of the module.
  - Reads the rules once and sends only the differences. Rules that are not listed stay.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  rules:
    description:
      - Rules, each as C(USER RESOURCES/WHICH RIGHTS ZONE). If C(ZONE) is left out, it is C(#0).
      - C(USER) and C(WHICH) are V(*), a V(#) with the ID of one object or the name of one user, or a V(@) with the ID
        or name of a group. For hosts, networks and datastores, C(WHICH) may also be a V(%) with the ID or name of a
        cluster. C(ZONE) is V(*) or V(#) with an ID. A name with blanks is quoted, as in V(@"web team").
      - C(RESOURCES) are V(VM), V(HOST), V(NET), V(IMAGE), V(USER), V(TEMPLATE), V(GROUP), V(DATASTORE), V(CLUSTER),
        V(DOCUMENT), V(ZONE), V(SECGROUP), V(VDC), V(VROUTER), V(MARKETPLACE), V(MARKETPLACEAPP), V(VMGROUP),
        V(VNTEMPLATE), V(BACKUPJOB), joined by V(+).
      - C(RIGHTS) are V(USE), V(MANAGE), V(ADMIN), V(CREATE), joined by V(+).
      - The order of resources and of rights does not matter. Two ways to write a rule are the same rule.
    type: list
    elements: str
    required: true
seealso:
  - module: kubenebula.opennebula.one_acl_info
"""

EXAMPLES = r"""
- name: Let developers use and manage hosts, networks and datastores in one cluster
  kubenebula.opennebula.one_acl:
    api_password: "{{ oneadmin_password }}"
    rules:
      - "@developers HOST+NET+DATASTORE/%edge USE+MANAGE *"
      - "#alice HOST/* MANAGE #0"
      - '@"web team" NET/%"rack 1" USE'
"""

RETURN = r"""
results:
  description: One entry per rule of O(rules), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: The rule as given.
      type: str
      returned: always
      sample: "@developers HOST/* MANAGE *"
    id:
      description: ID of the rule. Null if the rule does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the rule was created but could not be read afterwards.
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
        - Any of V(allocate), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the rule is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the rule is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.acl import Rules


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    return {
        **options.connection_spec(),
        "rules": {"type": "list", "elements": "str", "required": True},
        **options.STATE,
        **options.PLANNED,
    }


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Rules, "rules")


if __name__ == "__main__":
    main()
