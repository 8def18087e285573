#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_host
short_description: Register, change and remove OpenNebula hosts
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of hypervisor hosts into the desired state in one call of the module.
  - Reads the host pool once, compares it with the desired state and sends only the differences, several calls at a
    time. A run that has nothing to change only reads.
  - An option that is left out does not change its value.
  - A host that fails does not stop the others. The module fails at the end and names each failed host with its reason.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  hosts:
    description:
      - The hosts. A host may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name under which the host is registered, and by which the front-end and other hosts reach it.
          - 2 to 63 letters, digits, V(-), V(.) and V(_). The last three can neither begin nor end the name.
        type: str
        required: true
      new_name:
        description:
          - New name of the host. A host named O(hosts[].name) is renamed.
            A host that already has the new name stays as it is.
            If neither exists, a host is registered under the new name.
        type: str
      type:
        description:
          - Type of the hypervisor. Sets both drivers. V(qemu) is the KVM driver without hardware virtualization.
          - The drivers of a registered host cannot be changed. A host that is registered with other drivers fails.
        type: str
        choices: [kvm, lxc, qemu]
      im_mad:
        description:
          - Information driver, if O(hosts[].type) does not offer it. Needs O(hosts[].vmm_mad).
        type: str
      vmm_mad:
        description:
          - Virtualization driver, if O(hosts[].type) does not offer it. Needs O(hosts[].im_mad).
        type: str
      cluster:
        description:
          - Name or ID of the cluster the host belongs to. Digits are an ID.
          - If left out, a new host joins the default cluster, and a registered host stays in its cluster.
        type: str
      template:
        description:
          - Attributes of the host's template. Attributes not named here stay, unless O(template_mode=replace).
          - A value is text, a number, a boolean (stored as V(YES) or V(NO)), a dictionary (a vector), or a list of
            these (an attribute that occurs several times).
          - Names are stored in upper case. An empty value means the same as a missing attribute.
          - Attributes that monitoring writes, such as C(ARCH) or C(HYPERVISOR), are overwritten by monitoring.
        type: dict
      labels:
        description:
          - Labels of the host, exactly these. An empty list removes all labels.
        type: list
        elements: str
  state:
    description:
      - V(present) - the host is registered. Whether it is enabled stays as it is.
      - V(enabled), V(disabled), V(offline) - the host is registered and has that status.
      - V(absent) - the host is not registered. A host that runs virtual machines fails and stays registered, unless
        O(flush=true).
    type: str
    choices: [present, absent, enabled, disabled, offline]
    default: present
  template_mode:
    description:
      - V(merge) - attributes not named in O(hosts[].template) stay.
      - V(replace) - these attributes are removed, except the labels and those that monitoring writes. A host without
        O(hosts[].template) keeps all attributes.
    type: str
    choices: [merge, replace]
    default: merge
  flush:
    description:
      - Before a host is disabled, taken offline or removed, asks OpenNebula's scheduler to move its virtual machines to
        other hosts, and waits for at most O(wait_timeout) until the host is empty.
      - Needs O(state=disabled), O(state=offline), O(state=absent) or O(purge=true).
    type: bool
    default: false
  purge:
    description:
      - Removes every host that is not in O(hosts), which must not be empty. A host that runs virtual machines fails and
        stays registered, unless O(flush=true).
      - In RV(results), the removed hosts follow the listed hosts.
    type: bool
    default: false
  wait:
    description:
      - With O(state=present) and O(state=enabled), whether to wait until enabled hosts are monitored.
      - A host in C(ERROR) is then probed again at once, which is a change. For that, the module sets the host offline
        and enables it, because OpenNebula itself would try again only after up to 195 seconds. Each host gets one such
        extra probe. If the probe fails too, the host fails with OpenNebula's reason.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for all hosts together.
    type: int
    default: 300
seealso:
  - module: kubenebula.opennebula.one_host_info
notes:
  - Several runs may register the same hosts at the same time. A write is unconfirmed if it gets no answer, as when a
    highly available OpenNebula has no quorum, or if OpenNebula refuses it. The module reads the host again before it
    repeats an unconfirmed write. If two runs register a host at the same moment, only one registration remains.
  - The RV(results[].msg) of a host that failed says what was done and what was not. The next run does the rest.
  - Attributes whose names speak of passwords, secrets, tokens or keys, and those that OpenNebula keeps encrypted, are
    hidden in diffs, in messages and among the arguments that C(-vvv) shows.
  - Attributes that OpenNebula keeps encrypted, such as C(EC2_SECRET), can be compared only if O(api_username) belongs
    to the group C(oneadmin). For any other user, each run stores them again, which is a change.
"""

EXAMPLES = r"""
- name: Register two hypervisors and wait until they are monitored
  kubenebula.opennebula.one_host:
    api_password: "{{ oneadmin_password }}"
    hosts:
      - name: kvm1
        type: kvm
      - name: lxc1
        type: lxc
        cluster: containers
        labels: [rack-7, edge]
        template:
          RESERVED_MEM: 2097152

- name: Register every hypervisor of the inventory at once
  kubenebula.opennebula.one_host:
    api_url: http://one.example.org:2633/RPC2
    api_password: "{{ oneadmin_password }}"
    hosts: "{{ dict(groups['kvm'] | product(['kvm'])) | dict2items(key_name='name', value_name='type') }}"

- name: Take a host out of service for maintenance
  kubenebula.opennebula.one_host:
    api_password: "{{ oneadmin_password }}"
    state: disabled
    hosts:
      - name: kvm1

- name: Move all virtual machines away from a host, then remove it
  kubenebula.opennebula.one_host:
    api_password: "{{ oneadmin_password }}"
    state: absent
    flush: true
    wait_timeout: 900
    hosts:
      - name: kvm2

- name: Remove a host that runs no virtual machines
  kubenebula.opennebula.one_host:
    api_password: "{{ oneadmin_password }}"
    state: absent
    hosts:
      - name: kvm1
"""

RETURN = r"""
results:
  description: One entry per host of O(hosts), in the same order, then one per purged host.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: kvm1
    id:
      description: ID of the host. Null if the host is not registered.
      type: int
      returned: always
      sample: 7
    state:
      description: >-
        State as last read, as OpenNebula names it, or V(ABSENT). In check mode, the state before the run.
        Null when the host was created but could not be read afterwards.
      type: str
      returned: always
      sample: MONITORED
    changed:
      description: Whether anything was changed. In check mode, whether anything would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done. In check mode, what would be done.
        - Any of V(allocate), V(rename), V(cluster), V(update), V(enable), V(disable), V(offline), V(flush), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate, update]
    failed:
      description: Whether the host is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the host is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.ensure import ensure, planned
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import apply as host_apply
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host


def argument_spec() -> dict[str, object]:
    """The options of the module, connection included."""
    item = {
        "name": {"type": "str", "required": True},
        **options.NEW_NAME,
        "type": {"type": "str", "choices": ["kvm", "lxc", "qemu"]},
        "im_mad": {"type": "str"},
        "vmm_mad": {"type": "str"},
        "cluster": {"type": "str"},
        **options.TEMPLATE,
        "labels": {"type": "list", "elements": "str"},
    }
    return {
        **options.connection_spec(),
        "hosts": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": item,
            "mutually_exclusive": [("type", "im_mad"), ("type", "vmm_mad")],
            "required_together": [("im_mad", "vmm_mad")],
        },
        "state": {
            "type": "str",
            "choices": ["present", "absent", "enabled", "disabled", "offline"],
            "default": "present",
        },
        **options.TEMPLATE_MODE,
        **options.PLANNED,
        "flush": {"type": "bool", "default": False},
        "purge": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 300},
    }


def main() -> None:
    module = redaction.module(argument_spec())

    params = module.params

    def declared() -> host_apply.DeclaredHosts:
        return host_apply.DeclaredHosts(
            [host.spec(item) for item in params["hosts"]],
            replace=params["template_mode"] == "replace",
            planned_clusters=planned(module).get("clusters", ()),
            **{key: params[key] for key in ("state", "wait", "wait_timeout", "flush", "purge")},
        )

    ensure(module, "host", declared)


if __name__ == "__main__":
    main()
