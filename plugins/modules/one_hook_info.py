#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_hook_info
short_description: List OpenNebula hooks
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the hooks of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_hook
"""

EXAMPLES = r"""
- name: List every hook
  kubenebula.opennebula.one_hook_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the hooks whose names begin with test
  kubenebula.opennebula.one_hook_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
hooks:
  description: The hooks, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the hook.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the hook.
      type: str
      returned: always
      sample: host_error
    type:
      description: V(api) or V(state).
      type: str
      returned: always
      sample: state
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.hook import Hooks


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Hooks, "hooks")


if __name__ == "__main__":
    main()
