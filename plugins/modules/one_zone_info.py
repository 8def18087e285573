#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_zone_info
short_description: List OpenNebula zones
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the zones of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_zone
"""

EXAMPLES = r"""
- name: List every zone
  kubenebula.opennebula.one_zone_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the zones whose names begin with test
  kubenebula.opennebula.one_zone_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
zones:
  description: The zones, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the zone.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the zone.
      type: str
      returned: always
      sample: OpenNebula
    endpoint:
      description: Address of its XML-RPC interface.
      type: str
      returned: always
      sample: http://one.example.org:2633/RPC2
    state:
      description: V(ENABLED) or V(DISABLED).
      type: str
      returned: always
      sample: ENABLED
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.zone import Zones


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Zones, "zones")


if __name__ == "__main__":
    main()
