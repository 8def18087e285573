#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_group_info
short_description: List OpenNebula groups
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the groups of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_group
"""

EXAMPLES = r"""
- name: List every group
  kubenebula.opennebula.one_group_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the groups whose names begin with test
  kubenebula.opennebula.one_group_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
groups:
  description: The groups, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the group.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the group.
      type: str
      returned: always
      sample: developers
    users:
      description: IDs of its users.
      type: list
      elements: int
      returned: always
      sample: [2, 3]
    admins:
      description: IDs of its administrators.
      type: list
      elements: int
      returned: always
      sample: [2]
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.group import Groups


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Groups, "groups")


if __name__ == "__main__":
    main()
