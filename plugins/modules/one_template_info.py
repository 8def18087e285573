#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_template_info
short_description: List OpenNebula templates of virtual machines
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the templates of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_template
"""

EXAMPLES = r"""
- name: List every template
  kubenebula.opennebula.one_template_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the templates whose names begin with test
  kubenebula.opennebula.one_template_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
templates:
  description: The templates, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the template.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the template.
      type: str
      returned: always
      sample: small
    owner:
      description: Name of the user who owns it.
      type: str
      returned: always
      sample: oneadmin
    registered:
      description: Time of creation, in seconds since 1970.
      type: int
      returned: always
      sample: 1795374899
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, VmTemplates, "templates")


if __name__ == "__main__":
    main()
