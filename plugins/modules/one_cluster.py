#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_cluster
short_description: Declare OpenNebula clusters
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of clusters into the desired state in one call of the module.
  - Reads the cluster pool once, compares it with the desired state and sends only the differences.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  clusters:
    description:
      - The clusters. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the cluster.
        type: str
        required: true
      new_name:
        description:
          - New name of the cluster. A cluster named O(clusters[].name) is renamed.
            A cluster that already has the new name stays as it is.
            If neither exists, a cluster is created under the new name.
        type: str
      hosts:
        description:
          - Names or IDs of the hosts of the cluster, exactly these. Digits are an ID.
          - A listed host leaves its former cluster. A host that is no longer listed returns to the default cluster.
        type: list
        elements: str
      datastores:
        description:
          - Names or IDs of the datastores of the cluster, exactly these.
        type: list
        elements: str
      vnets:
        description:
          - Names or IDs of the virtual networks of the cluster, exactly these.
        type: list
        elements: str
      template:
        description:
          - Attributes of the cluster. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value means the same as a missing attribute.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_cluster_info
"""

EXAMPLES = r"""
- name: Declare two clusters, one with datastores and one with hosts
  kubenebula.opennebula.one_cluster:
    api_password: "{{ oneadmin_password }}"
    clusters:
      - name: edge
        datastores: [system, default]
        template:
          RESERVED_CPU: 10%
      - name: lab
        hosts: [kvm7, kvm8]

- name: Remove an empty cluster
  kubenebula.opennebula.one_cluster:
    api_password: "{{ oneadmin_password }}"
    state: absent
    clusters:
      - name: lab
"""

RETURN = r"""
results:
  description: One entry per cluster of O(clusters), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: edge
    id:
      description: ID of the cluster. Null if the cluster does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the cluster was created but could not be read afterwards.
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
        - Any of V(allocate), V(rename), V(update), V(hosts), V(datastores), V(vnets), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the cluster is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the cluster is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.cluster import Clusters


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    names = {"type": "list", "elements": "str"}
    item = {**options.NEW_NAME, "hosts": names, "datastores": names, "vnets": names, **options.TEMPLATE}
    return {**options.declared_spec("clusters", item), **options.PLANNED}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Clusters, "clusters")


if __name__ == "__main__":
    main()
