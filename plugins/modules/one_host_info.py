#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_host_info
short_description: List OpenNebula hosts
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the hosts registered in OpenNebula with one read of the host pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.info.clusters
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_host
"""

EXAMPLES = r"""
- name: List every host
  kubenebula.opennebula.one_host_info:
    api_password: "{{ oneadmin_password }}"
  register: all_hosts

- name: Show the hosts that OpenNebula cannot monitor
  ansible.builtin.debug:
    msg: "{{ all_hosts.hosts | selectattr('state', 'eq', 'ERROR') | map(attribute='name') }}"

- name: List two hosts
  kubenebula.opennebula.one_host_info:
    api_url: http://one.example.org:2633/RPC2
    api_password: "{{ oneadmin_password }}"
    names: [kvm1, lxc1]
"""

RETURN = r"""
hosts:
  description: The hosts, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the host.
      type: int
      returned: always
      sample: 7
    name:
      description: Name of the host.
      type: str
      returned: always
      sample: kvm1
    state:
      description: State as OpenNebula names it.
      type: str
      returned: always
      sample: MONITORED
    error:
      description: Why the host could not be monitored. Empty even in C(ERROR) when the front-end could not log in.
      type: str
      returned: always
      sample: ""
    im_mad:
      description: Information driver.
      type: str
      returned: always
      sample: kvm
    vmm_mad:
      description: Virtualization driver.
      type: str
      returned: always
      sample: kvm
    cluster:
      description: Name of its cluster.
      type: str
      returned: always
      sample: default
    cluster_id:
      description: ID of its cluster.
      type: int
      returned: always
      sample: 0
    labels:
      description: Labels of the host.
      type: list
      elements: str
      returned: always
      sample: [edge]
    vms:
      description: IDs of the virtual machines on it.
      type: list
      elements: int
      returned: always
      sample: [10, 11]
    template:
      description: Attributes of the host, with those that monitoring writes and without those that hold secrets.
      type: dict
      returned: always
      sample: {"ARCH": "x86_64", "RESERVED_MEM": "2097152"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import info
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client


def describe(found: host.Host) -> dict[str, object]:
    """One entry of `hosts`."""
    keys = ("id", "name", "state", "error", "im_mad", "vmm_mad", "cluster", "cluster_id", "labels")
    plain = {key: getattr(found, key) for key in keys}
    return {**plain, "vms": list(found.vms), "template": secrets.without(found.template)}


def main() -> None:
    module = redaction.module({**options.info_spec(), **options.CLUSTERS})

    def work(client: Client) -> dict[str, object]:
        hosts = info.chosen(host.from_pool(client.read(host.POOL)), module.params)
        if module.params["clusters"] is not None:
            cluster_ids = {cluster.id for cluster in info.named(client, module.params["clusters"])}
            hosts = [found for found in hosts if found.cluster_id in cluster_ids]
        return {"changed": False, "hosts": [describe(found) for found in hosts]}

    options.run(module, work)


if __name__ == "__main__":
    main()
