#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_vnet_info
short_description: List OpenNebula virtual networks
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the virtual networks of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.info.clusters
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_vnet
"""

EXAMPLES = r"""
- name: List every virtual network
  kubenebula.opennebula.one_vnet_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the networks whose names begin with test
  kubenebula.opennebula.one_vnet_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
vnets:
  description: The virtual networks, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the network.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the network.
      type: str
      returned: always
      sample: public
    owner:
      description: Name of the user who owns it.
      type: str
      returned: always
      sample: oneadmin
    vn_mad:
      description: Network driver.
      type: str
      returned: always
      sample: bridge
    bridge:
      description: Bridge on the hosts.
      type: str
      returned: always
      sample: br0
    state:
      description: State as OpenNebula names it.
      type: str
      returned: always
      sample: READY
    used_leases:
      description: How many addresses are in use.
      type: int
      returned: always
      sample: 3
    parent:
      description: ID of the network that this network is reserved from. Null if this network is not a reservation.
      type: int
      returned: always
      sample: null
    ranges:
      description: Address ranges.
      type: list
      elements: dict
      returned: always
      sample: [{"AR_ID": "0", "TYPE": "IP4", "IP": "192.0.2.10", "SIZE": "200"}]
    clusters:
      description: IDs of its clusters.
      type: list
      elements: int
      returned: always
      sample: [0]
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.vnet import VirtualNetworks


def main() -> None:
    module = redaction.module({**options.info_spec(), **options.CLUSTERS})
    listing(module, VirtualNetworks, "vnets")


if __name__ == "__main__":
    main()
