#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_acl_info
short_description: List OpenNebula access rules
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the rules of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_acl
"""

EXAMPLES = r"""
- name: List every rule
  kubenebula.opennebula.one_acl_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the rules whose names begin with test
  kubenebula.opennebula.one_acl_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
rules:
  description: The rules, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the rule.
      type: int
      returned: always
      sample: 3
    name:
      description: The rule, in OpenNebula's notation.
      type: str
      returned: always
      sample: "@1 HOST/* MANAGE #0"
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.acl import Rules


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Rules, "rules")


if __name__ == "__main__":
    main()
