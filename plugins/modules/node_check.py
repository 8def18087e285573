#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_check
short_description: Check whether a host can be an OpenNebula node
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Checks a host before and after it is set up as a node. Changes nothing but its own state file.
  - On a later run, it reports whether the node is still converged, so that a role can skip the node.
  - Each problem that keeps the host from being a node fails the task, with a sentence that says what to change. What
    an operator should know is a warning.
  - Runs on the host as root and needs nothing but Python.
extends_documentation_fragment:
  - kubenebula.opennebula.attributes
attributes:
  check_mode:
    support: full
    details: Writes no state file in check mode.
  diff_mode:
    support: N/A
    details: The state file only describes the node for a later comparison.
  idempotent:
    support: full
    details: The state file does not count as a change.
options:
  stage:
    description:
      - V(before) - the checks before OpenNebula's packages are installed. V(after) - the checks afterwards.
      - V(converged) - only reports RV(converged), and never fails for what it finds.
    type: str
    choices: [converged, before, after]
    required: true
  name:
    description: Name of the node in warnings.
    type: str
    required: true
  type:
    description: What runs virtual machines on the node.
    type: str
    choices: [kvm, qemu, lxc]
    required: true
  own_packages:
    description: Whether OpenNebula's packages come from another repository than OpenNebula's own.
    type: bool
    default: false
  nested:
    description: Whether virtual machines are to run virtual machines themselves.
    type: bool
    default: false
  default_network:
    description: Whether libvirt keeps its network C(default).
    type: bool
    default: true
  libvirt_file:
    description: File of libvirt's settings. Stage V(converged) takes its path from O(state_file).
    type: path
    default: /etc/libvirt/libvirtd.conf
  libvirt_settings:
    description: Desired settings in that file. All values are texts.
    type: dict
    default: {}
  mounts:
    description: Folders that have to be mounted, now and after a boot.
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
    description:
      - Files that are managed on the node, for stage V(after).
      - Their content, owner and mode are compared.
    type: list
    elements: path
    default: []
  folders:
    description: Folders that are managed on the node, for stage V(after). Their owner and mode are compared.
    type: list
    elements: path
    default: []
  units:
    description: Units of systemd that have to run, for stage V(after).
    type: list
    elements: str
    default: []
  fingerprint:
    description: A digest of all inputs of the node. If empty, no node is RV(converged).
    type: str
    default: ""
  state_file:
    description:
      - File in which stage V(after) stores RV(node_state) for a later stage V(converged). Only root can read it.
    type: path
    default: /var/lib/kubenebula-hypervisor.json
"""

EXAMPLES = r"""
- name: Check the host before anything is changed
  kubenebula.opennebula.node_check:
    stage: before
    name: "{{ inventory_hostname }}"
    type: kvm
"""

RETURN = r"""
problems:
  description: What keeps the host from being a node, one sentence for each problem.
  returned: always
  type: list
  elements: str
  sample: ["its user backup has the id 9869, which is oneadmin's on every node of a cloud: …"]
advice:
  description: What an operator should know of the node.
  returned: always
  type: list
  elements: str
  sample: ["nothing keeps its clock right: run chrony or systemd-timesyncd. …"]
virtual_machines:
  description: Names of the virtual machines that libvirt runs.
  returned: for stages V(before) and V(after)
  type: list
  elements: str
  sample: [one-7]
forwards_agent:
  description: Whether the SSH server accepts oneadmin's keys and forwards its agent.
  returned: for stages V(before) and V(after)
  type: bool
  sample: true
libvirt_differs:
  description: Whether a setting of O(libvirt_settings) is missing or has another value.
  returned: for stages V(before) and V(after)
  type: bool
  sample: false
mounted:
  description: Those of O(mounts) that something is mounted on.
  returned: for stages V(before) and V(after)
  type: list
  elements: str
  sample: [/var/lib/one/datastores/100]
selinux:
  description: Whether SELinux is on.
  returned: for stages V(before) and V(after)
  type: bool
  sample: false
missing_subids:
  description: Files in which root lacks the subordinate IDs that the LXC driver gives to containers.
  returned: for stages V(before) and V(after)
  type: list
  elements: str
  sample: [/etc/subuid, /etc/subgid]
converged:
  description:
    - Whether nothing is left to do. O(fingerprint) is the one in O(state_file), everything managed is as it was when
      that file was written, nothing waits for consent, and the node passes the checks of both other stages.
    - If so, RV(advice) is the advice of both other stages.
  returned: for stage V(converged)
  type: bool
  sample: true
drift:
  description: What has changed since O(state_file) was written.
  returned: for stage V(converged)
  type: list
  elements: str
  sample: [/etc/fstab, libvirtd.socket, packages]
ansible_facts:
  description: The public keys of the SSH server, as M(ansible.builtin.setup) names them.
  returned: for stage V(converged)
  type: dict
  sample:
    ansible_ssh_host_key_ed25519_public: AAAAC3NzaC1lZDI1NTE5AAAAIBd0...
    ansible_ssh_host_key_ed25519_public_keytype: ssh-ed25519
node_state:
  description: The new content of O(state_file), unless there are RV(problems).
  returned: for stage V(after)
  type: dict
  sample:
    fingerprint: 2c26b46b68ffc68ff99b453c1d304134
    managed:
      files: [/etc/fstab]
      folders: []
      units: [libvirtd.socket]
      mounts: []
      libvirt_file: /etc/libvirt/libvirtd.conf
    state: {libvirtd.socket: 0 ActiveState=active UnitFileState=enabled}
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.facts.system.ssh_pub_keys import SshPubKeyFactCollector
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import atomic_write, facts, requirements, state
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.commands import Commands

STAGES = {
    "before": (requirements.problems_before, requirements.advice_before),
    "after": (requirements.problems_after, requirements.advice_after),
}


def argument_spec() -> dict[str, dict[str, object]]:
    return {
        "stage": {"type": "str", "choices": ["converged", "before", "after"], "required": True},
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
        "fingerprint": {"type": "str", "default": ""},
        "state_file": {"type": "path", "default": "/var/lib/kubenebula-hypervisor.json"},
    }


def check(node: facts.Node, given: dict[str, Any]) -> dict[str, Any]:
    """What the module returns. given: its options."""
    if given["stage"] == "converged":
        return _converged(node, given)
    desired = _desired(given, given["libvirt_file"])
    problems, advice = (evaluate(node, desired) for evaluate in STAGES[given["stage"]])
    found = {
        "problems": problems,
        "advice": advice,
        "virtual_machines": node.virtual_machines(),
        "forwards_agent": requirements.forwards(node),
        "libvirt_differs": requirements.libvirt_differs(node, desired),
        "mounted": node.mounted(desired.mounts),
        "selinux": node.exists("/sys/fs/selinux/enforce"),
        "missing_subids": node.missing_subids(),
    }
    if given["stage"] == "after":
        lists = {name: tuple(given[name]) for name in state.LISTS}
        managed = state.Managed(**lists, libvirt_file=given["libvirt_file"])
        found["node_state"] = state.StateFile(given["fingerprint"], managed, state.state(node, managed)).document
    return found


def _converged(node: facts.Node, given: dict[str, Any]) -> dict[str, Any]:
    """Evaluates the checks only on a node without drift: on any other node, the other stages evaluate them."""
    previous = state.load(node.read(given["state_file"]))
    drift = previous.drift(node, given["fingerprint"]) if previous else ["state file"]
    advice: list[str] = []
    converged = previous is not None and bool(given["fingerprint"]) and not drift
    if previous and converged:
        desired = _desired(given, previous.managed.libvirt_file)
        converged = not requirements.has_pending_changes(node, desired) and not any(
            problems(node, desired) for problems, _advice in STAGES.values()
        )
        advice = [sentence for _problems, advise in STAGES.values() for sentence in advise(node, desired)]
    return {"problems": [], "advice": advice if converged else [], "converged": converged, "drift": drift}


def _desired(given: dict[str, Any], libvirt_file: str) -> requirements.Desired:
    return requirements.Desired(
        kind=given["type"],
        own_packages=given["own_packages"],
        nested=given["nested"],
        consent=tuple(given["consent"]),
        libvirt_file=libvirt_file,
        libvirt_settings=given["libvirt_settings"],
        default_network=given["default_network"],
        mounts=tuple(given["mounts"]),
    )


def write_state_file(module: AnsibleModule, path: Path, content: dict[str, Any]) -> None:
    atomic_write.write(module, path, json.dumps(content, indent=2).encode())
    module.set_mode_if_different(str(path), 0o600, False)


def main() -> None:
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    found = check(facts.Node(Commands(module.run_command)), module.params)
    for sentence in found["advice"]:
        module.warn(f"{module.params['name']}: {sentence}")
    if module.params["stage"] == "converged":
        keys = SshPubKeyFactCollector().collect(module)
        found["ansible_facts"] = {f"ansible_{name}": value for name, value in keys.items()}
    if found["problems"]:
        module.fail_json(msg=" ".join(found["problems"]), **found)
    if "node_state" in found and not module.check_mode:
        write_state_file(module, Path(module.params["state_file"]), found["node_state"])
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
