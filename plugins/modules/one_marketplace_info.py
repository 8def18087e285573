#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_marketplace_info
short_description: List OpenNebula marketplaces
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the marketplaces of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_marketplace
"""

EXAMPLES = r"""
- name: List every marketplace
  kubenebula.opennebula.one_marketplace_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the marketplaces whose names begin with test
  kubenebula.opennebula.one_marketplace_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
marketplaces:
  description: The marketplaces, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the marketplace.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the marketplace.
      type: str
      returned: always
      sample: ours
    owner:
      description: Name of the user who owns it.
      type: str
      returned: always
      sample: oneadmin
    market_mad:
      description: Driver.
      type: str
      returned: always
      sample: http
    state:
      description: V(ENABLED) or V(DISABLED).
      type: str
      returned: always
      sample: ENABLED
    enabled:
      description: Whether OpenNebula reads its apps.
      type: bool
      returned: always
      sample: true
    zone_id:
      description: ID of its zone.
      type: int
      returned: always
      sample: 0
    total_mb:
      description: Size in MiB. 0 until OpenNebula has monitored the marketplace.
      type: int
      returned: always
      sample: 0
    free_mb:
      description: Free space in MiB.
      type: int
      returned: always
      sample: 0
    used_mb:
      description: Used space in MiB.
      type: int
      returned: always
      sample: 0
    apps:
      description: IDs of its apps.
      type: list
      elements: int
      returned: always
      sample: []
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.marketplace import Marketplaces


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Marketplaces, "marketplaces")


if __name__ == "__main__":
    main()
