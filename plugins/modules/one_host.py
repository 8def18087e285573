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
  - Brings any number of hypervisor hosts into a wanted state with one call of the module.
  - Reads the host pool once, works out what differs and sends only that, several calls at a time. A run that has
    nothing to change only reads.
  - An option that is left out leaves its value alone.
  - A host that fails does not stop the others. The module fails at the end and names each failed host and its reason.
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
      - The hosts. A host may be listed once; names that differ in capitals only are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name under which the host is registered, and by which the front-end and other hosts reach it.
          - 2 to 63 letters, digits, V(-), V(.) and V(_), the last three neither first nor last.
        type: str
        required: true
      new_name:
        description:
          - Name the host shall have. A host called O(hosts[].name) is renamed; one that is called like this already
            stays as it is; if there is neither, it is registered under this name.
        type: str
      type:
        description:
          - Kind of hypervisor. Sets both drivers. V(qemu) is KVM's driver without hardware virtualization.
          - The drivers of a registered host cannot be changed. A host that is registered with others fails.
        type: str
        choices: [kvm, lxc, qemu]
      im_mad:
        description:
          - Information driver, for drivers O(hosts[].type) does not know. Needs O(hosts[].vmm_mad).
        type: str
      vmm_mad:
        description:
          - Virtualization driver, for drivers O(hosts[].type) does not know. Needs O(hosts[].im_mad).
        type: str
      cluster:
        description:
          - Name or ID of the cluster the host belongs to. Digits are an ID.
          - Left out, a new host joins the default cluster and a registered one stays where it is.
        type: str
      template:
        description:
          - Attributes of the host's template. They are merged; attributes not named here stay, unless
            O(template_mode=replace).
          - A value is text, a number, a boolean (stored as V(YES) or V(NO)), a dictionary (a vector), or a list of
            these (an attribute that occurs several times).
          - Names are stored in capitals. An empty value and a missing attribute count as the same.
          - Attributes that monitoring writes, such as C(ARCH) or C(HYPERVISOR), do not keep a value given here.
        type: dict
      labels:
        description:
          - Labels of the host. The host gets exactly these; an empty list removes all.
        type: list
        elements: str
  state:
    description:
      - V(present) - the host is registered. Whether it is enabled stays as it is.
      - V(enabled), V(disabled), V(offline) - the host is registered and has that status.
      - V(absent) - the host is not registered. A host that runs virtual machines is not removed but fails, unless
        O(flush=true).
    type: str
    choices: [present, absent, enabled, disabled, offline]
    default: present
  template_mode:
    description:
      - V(merge) - attributes not named in O(hosts[].template) stay.
      - V(replace) - they are removed, except those that monitoring writes and the labels. A host without
        O(hosts[].template) keeps all.
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
      - Removes every host that is not in O(hosts), which must not be empty. A host that runs virtual machines is not
        removed but fails, unless O(flush=true).
      - The hosts concerned follow the listed ones in RV(results).
    type: bool
    default: false
  wait:
    description:
      - With O(state=present) and O(state=enabled), whether to wait until enabled hosts are monitored.
      - A host found in C(ERROR) is then probed again at once, which is a change. It is set offline and enabled for
        that, since OpenNebula itself would try again only after up to 195 seconds. Each host gets one such extra
        probe. If it still fails, the item fails with OpenNebula's reason.
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
  - Several runs may register the same hosts at the same time. A write that gets no answer, as when a highly available
    OpenNebula has no quorum, or that OpenNebula refuses, is looked up before it is repeated, and a host that two runs
    registered at the same moment is left once.
  - What was done of a host that failed, and what was not, stands in its RV(results[].msg). The next run does the rest.
  - Attributes whose names speak of passwords, secrets, tokens or keys, and those that OpenNebula keeps encrypted, are
    hidden in diffs, in messages and among the arguments that C(-vvv) shows.
  - Attributes that OpenNebula keeps encrypted, such as C(EC2_SECRET), can be compared only if O(api_username) belongs
    to the group C(oneadmin). Anyone else's run stores them anew, which is a change.
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

- name: Move everything away from a host, then remove it
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
  returned: when OpenNebula could be asked
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: kvm1
    id:
      description: ID of the host; null for a host that is not registered.
      type: int
      returned: always
      sample: 7
    state:
      description: >-
        State as last seen, in OpenNebula's words, or V(ABSENT). In check mode the state before.
        Null when it was made but could not be looked at afterwards.
      type: str
      returned: always
      sample: MONITORED
    changed:
      description: Whether anything was changed, in check mode whether it would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done, in check mode what would be done. Of V(allocate), V(rename), V(cluster), V(update), V(enable),
          V(disable), V(offline), V(flush), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate, update]
    failed:
      description: Whether the host is not as wanted.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why it is not; empty if it is.
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

    def wanted() -> host_apply.DeclaredHosts:
        return host_apply.DeclaredHosts(
            [host.spec(item) for item in params["hosts"]],
            replace=params["template_mode"] == "replace",
            planned_clusters=planned(module).get("clusters", ()),
            **{key: params[key] for key in ("state", "wait", "wait_timeout", "flush", "purge")},
        )

    ensure(module, "host", wanted)


if __name__ == "__main__":
    main()
