#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_vnet
short_description: Declare OpenNebula virtual networks
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of virtual networks into the desired state in one call of the module.
  - Reads the pool of networks once, compares it with the desired state and sends only the differences.
  - If several users own networks of the same name, the network of O(api_username) is used.
  - Waits until a new network is V(READY) and a removed network is gone.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  vnets:
    description:
      - The virtual networks. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the network.
        type: str
        required: true
      new_name:
        description:
          - New name of the network. A network named O(vnets[].name) is renamed.
            A network that already has the new name stays as it is.
            If neither exists, a network is created under the new name.
        type: str
      vn_mad:
        description:
          - Network driver, such as V(bridge), V(802.1Q) or V(vxlan). Required for a new network.
        type: str
      bridge:
        description:
          - Bridge on the hosts. If it is empty, oned chooses the name, or keeps the one that the network has.
        type: str
      phydev:
        description:
          - Network interface of the hosts that the bridge uses.
        type: str
      vlan_id:
        description:
          - VLAN or VXLAN number. For a number that oned chooses when it creates the network, leave it out and set
            C(AUTOMATIC_VLAN_ID) in O(vnets[].template).
        type: str
      ranges:
        description:
          - Address ranges, exactly these. Each has C(type) and C(size), and the addresses that its type needs.
          - The types V(IP4) and V(IP4_6) need C(ip), V(IP6_STATIC) needs C(ip6) and C(prefix_length), and
            V(IP4_6_STATIC) needs all three. V(IP6) and V(IP4_6) may have C(global_prefix) and C(ula_prefix), without
            their lengths. V(ETHER) has none of these. Every type may have C(mac), and further attributes of OpenNebula.
            With C(ipam_mad), the driver completes the range.
          - C(size) may be left out for V(IP6_STATIC) and V(IP4_6_STATIC). OpenNebula then fills the prefix.
          - Quote MAC addresses. Without quotes, YAML reads some of them as numbers.
          - A given range is the same as an existing one if the type and the given C(ip), C(ip6), C(mac) and C(ipam_mad)
            are the same, in any notation. Everything else is changed in place, even if addresses are in use. A range
            cannot shrink below an address in use.
          - A range that is not listed is removed, after the new ones were added. A range with addresses in use stays,
            and the network fails.
          - A range that is reserved from another network stays as it is, whether it is listed or not. If it is listed
            with other attributes, or another range is listed for a reservation, the network fails, because its
            addresses would exist twice.
        type: list
        elements: dict
      clusters:
        description:
          - Names or IDs of the clusters of the network, exactly these. Digits are an ID.
          - If left out, a new network joins the default cluster, and an existing one stays in its clusters.
        type: list
        elements: str
      template:
        description:
          - Attributes of the network. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty text means the same as a missing attribute. A vector holds at least one value.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_vnet_info
"""

EXAMPLES = r"""
- name: Declare a network for virtual machines
  kubenebula.opennebula.one_vnet:
    api_password: "{{ oneadmin_password }}"
    vnets:
      - name: public
        vn_mad: bridge
        bridge: br0
        ranges:
          - type: IP4
            ip: 192.0.2.10
            size: 200
        template:
          GATEWAY: 192.0.2.1
          DNS: 192.0.2.2

- name: Declare a network with IPv6 addresses, and a range of MAC addresses
  kubenebula.opennebula.one_vnet:
    api_password: "{{ oneadmin_password }}"
    vnets:
      - name: storage
        vn_mad: bridge
        bridge: br1
        ranges:
          - type: IP6_STATIC
            ip6: 2001:db8::10
            prefix_length: 64
          - type: ETHER
            size: 100
            mac: "52:54:00:12:34:56"
"""

RETURN = r"""
results:
  description: One entry per virtual network of O(vnets), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: public
    id:
      description: ID of the virtual network. Null if the virtual network does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        State as last read, as OpenNebula names it, or V(ABSENT). In check mode, the state before the run.
        Null when the virtual network was created but could not be read afterwards.
      type: str
      returned: always
      sample: READY
    changed:
      description: Whether anything was changed. In check mode, whether anything would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done. In check mode, what would be done.
        - Any of V(allocate), V(rename), V(update), V(clusters), V(add_range), V(update_range), V(remove_range),
          V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the virtual network is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the virtual network is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.vnet import VirtualNetworks


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    text = {"type": "str"}
    item = {
        **options.NEW_NAME,
        **dict.fromkeys(("vn_mad", "bridge", "phydev", "vlan_id"), text),
        "ranges": {"type": "list", "elements": "dict"},
        **options.CLUSTERS,
        **options.TEMPLATE,
    }
    return {**options.declared_spec("vnets", item), **options.PLANNED}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, VirtualNetworks, "vnets")


if __name__ == "__main__":
    main()
