#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_cluster_info
short_description: List OpenNebula clusters
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the clusters of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_cluster
"""

EXAMPLES = r"""
- name: List every cluster
  kubenebula.opennebula.one_cluster_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the clusters whose names begin with test
  kubenebula.opennebula.one_cluster_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
clusters:
  description: The clusters, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the cluster.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the cluster.
      type: str
      returned: always
      sample: edge
    hosts:
      description: IDs of its hosts.
      type: list
      elements: int
      returned: always
      sample: [0, 4]
    datastores:
      description: IDs of its datastores.
      type: list
      elements: int
      returned: always
      sample: [0, 1]
    vnets:
      description: IDs of its virtual networks.
      type: list
      elements: int
      returned: always
      sample: [3]
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.cluster import Clusters


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Clusters, "clusters")


if __name__ == "__main__":
    main()
