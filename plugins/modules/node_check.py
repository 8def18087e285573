#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_check
short_description: Check whether a machine can be an OpenNebula node
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Looks at a machine before it is made a node, and again afterwards, and changes nothing.
  - What keeps it from being one fails the task, with a sentence for each problem that says what to change. What an
    operator should know is a warning.
  - Runs on the machine as root and needs nothing but Python.
extends_documentation_fragment:
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
options:
  stage:
    description: Whether OpenNebula's packages are still to be installed (V(before)) or are there (V(after)).
    type: str
    choices: [before, after]
    required: true
  name:
    description: How warnings call the machine.
    type: str
    required: true
  type:
    description: What runs virtual machines there.
    type: str
    choices: [kvm, qemu, lxc]
    required: true
  own_packages:
    description: Whether OpenNebula's packages come from somewhere else than its own repository.
    type: bool
    default: false
  nested:
    description: Whether virtual machines shall run virtual machines.
    type: bool
    default: false
  default_network:
    description: Whether libvirt keeps its network C(default).
    type: bool
    default: true
  libvirt_file:
    description: File of libvirt's settings.
    type: path
    default: /etc/libvirt/libvirtd.conf
  libvirt_settings:
    description: Settings that file is to have, all of them texts.
    type: dict
    default: {}
  mounts:
    description: Folders that are to be mounted, also after a boot.
    type: list
    elements: path
    default: []
  consent:
    description: What may be done while virtual machines run.
    type: list
    elements: str
    choices: [libvirt_restart, default_network, fstab]
    default: []
  files:
    description: Files that are managed there. What they hold counts, and so do their owner and mode.
    type: list
    elements: path
    default: []
  folders:
    description: Folders that are managed there. Their owner and mode count.
    type: list
    elements: path
    default: []
  units:
    description: Units of systemd that are to run.
    type: list
    elements: str
    default: []
  told:
    description:
      - A digest of everything the machine was told to be.
      - Without it the machine is not asked whether it is RV(settled).
    type: str
    default: ""
  record:
    description: File with the RV(record) of an earlier run.
    type: path
    default: /var/lib/kubenebula-hypervisor.json
"""

EXAMPLES = r"""
- name: Check the machine before anything is touched
  kubenebula.opennebula.node_check:
    stage: before
    name: "{{ inventory_hostname }}"
    type: kvm
"""

RETURN = r"""
problems:
  description: What keeps the machine from being a node, a sentence for each problem.
  returned: always
  type: list
  elements: str
  sample: ["its user backup has the id 9869, which is oneadmin's on every machine of a cloud: …"]
advice:
  description: What an operator should know of the machine.
  returned: always
  type: list
  elements: str
  sample: ["nothing keeps its clock right: run chrony or systemd-timesyncd. …"]
virtual_machines:
  description: Names of the virtual machines that libvirt runs.
  returned: always
  type: list
  elements: str
  sample: [one-7]
forwards_agent:
  description: Whether the SSH server takes keys of oneadmin and forwards its agent.
  returned: always
  type: bool
  sample: true
libvirt_differs:
  description: Whether a setting of O(libvirt_settings) is missing or another.
  returned: always
  type: bool
  sample: false
mounted:
  description: Those of O(mounts) that something is mounted on.
  returned: always
  type: list
  elements: str
  sample: [/var/lib/one/datastores/100]
selinux:
  description: Whether SELinux is on.
  returned: always
  type: bool
  sample: false
missing_subids:
  description: Files in which root lacks the identities that the LXC driver gives to containers.
  returned: always
  type: list
  elements: str
  sample: [/etc/subuid, /etc/subgid]
settled:
  description:
    - Whether nothing is left to do. The machine was told the same when O(record) was written, what is managed is as it
      was left then, nothing waits for consent, and the machine works as a node.
    - Advice for stage V(after) is given as well then.
  returned: always
  type: bool
  sample: true
drift:
  description: What is not as it was when O(record) was written.
  returned: always
  type: list
  elements: str
  sample: [/etc/fstab, libvirtd.socket, packages]
record:
  description: What to write to the file O(record) once all is done.
  returned: always
  type: dict
  sample:
    told: 2c26b46b68ffc68ff99b453c1d304134
    state: {libvirtd.socket: 0 ActiveState=active UnitFileState=enabled}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kubenebula.opennebula.plugins.module_utils import node_facts, node_judge, node_state
from ansible_collections.kubenebula.opennebula.plugins.module_utils.commands import Commands

JUDGES = {
    "before": (node_judge.problems_before, node_judge.advice_before),
    "after": (node_judge.problems_after, node_judge.advice_after),
}


def argument_spec() -> dict[str, dict[str, object]]:
    return {
        "stage": {"type": "str", "choices": ["before", "after"], "required": True},
        "name": {"type": "str", "required": True},
        "type": {"type": "str", "choices": ["kvm", "qemu", "lxc"], "required": True},
        "own_packages": {"type": "bool", "default": False},
        "nested": {"type": "bool", "default": False},
        "default_network": {"type": "bool", "default": True},
        "libvirt_file": {"type": "path", "default": "/etc/libvirt/libvirtd.conf"},
        "libvirt_settings": {"type": "dict", "default": {}},
        "mounts": {"type": "list", "elements": "path", "default": []},
        "consent": {
            "type": "list",
            "elements": "str",
            "choices": ["libvirt_restart", "default_network", "fstab"],
            "default": [],
        },
        "files": {"type": "list", "elements": "path", "default": []},
        "folders": {"type": "list", "elements": "path", "default": []},
        "units": {"type": "list", "elements": "str", "default": []},
        "told": {"type": "str", "default": ""},
        "record": {"type": "path", "default": "/var/lib/kubenebula-hypervisor.json"},
    }


def look(machine: node_facts.Machine, given: dict[str, Any]) -> dict[str, Any]:
    """What the module returns. given: its options."""
    wish = node_judge.Wish(
        kind=given["type"],
        own_packages=given["own_packages"],
        nested=given["nested"],
        consent=tuple(given["consent"]),
        libvirt_file=given["libvirt_file"],
        libvirt_settings=given["libvirt_settings"],
        default_network=given["default_network"],
        mounts=tuple(given["mounts"]),
    )
    managed = node_state.Managed(*(tuple(given[name]) for name in ("files", "folders", "units", "mounts")))
    state = node_state.state(machine, managed)
    drift = node_state.drift(machine.read(given["record"]), given["told"], state)
    problems, advice = (judge(machine, wish) for judge in JUDGES[given["stage"]])
    settled = bool(given["told"]) and not drift and not problems and not node_judge.waits(machine, wish)
    if settled and given["stage"] == "before":
        problems_after, advice_after = (judge(machine, wish) for judge in JUDGES["after"])
        settled = not problems_after
        advice += advice_after if settled else []
    return {
        "problems": problems,
        "advice": advice,
        "virtual_machines": machine.virtual_machines(),
        "forwards_agent": node_judge.forwards(machine),
        "libvirt_differs": node_judge.libvirt_differs(machine, wish),
        "mounted": machine.mounted(wish.mounts),
        "selinux": machine.exists("/sys/fs/selinux/enforce"),
        "missing_subids": machine.missing_subids(),
        "settled": settled,
        "drift": drift,
        "record": {"told": given["told"], "state": state},
    }


def main() -> None:
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    found = look(node_facts.Machine(Commands(module.run_command)), module.params)
    for sentence in found["advice"]:
        module.warn(f"{module.params['name']}: {sentence}")
    if found["problems"]:
        module.fail_json(msg=" ".join(found["problems"]), **found)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
