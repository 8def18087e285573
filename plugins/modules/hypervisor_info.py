#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: hypervisor_info
short_description: Gather what OpenNebula needs to know of a hypervisor
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Runs on the hypervisor as root and gathers everything in one task. It evaluates nothing and changes nothing.
  - With O(log_message), it sends that text over TCP and UDP to OpenNebula's monitor, which writes the text to its log.
extends_documentation_fragment:
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
options:
  type:
    description: What runs virtual machines on the hypervisor. Decides which driver is tested.
    type: str
    required: true
    choices: [kvm, qemu, lxc]
  front_end:
    description: C(HOSTNAME) of oned, the name by which the drivers address the front-end.
    type: str
    required: true
  monitor_address:
    description: C(MONITOR_ADDRESS) of OpenNebula's monitor.
    type: str
    required: true
  monitor_port:
    description: Port of OpenNebula's monitor, TCP and UDP.
    type: int
    default: 4124
  log_message:
    description: Text to send to the monitor, followed by C(tcp) or C(udp). If empty, no text is sent.
    type: str
    default: ""
  onegate:
    description: URL of OneGate. Empty if OneGate is not deployed.
    type: str
    default: ""
  datastores_path:
    description: Folder of the datastores.
    type: path
    default: /var/lib/one/datastores
  shared_datastores:
    description: Paths of the datastores that are the same file system on all hypervisors.
    type: list
    elements: path
    default: []
  services:
    description: Units of systemd that have to be installed, besides those of an OpenNebula node.
    type: list
    elements: str
    default: []
  console_start:
    description: First port of the consoles, C(VNC_PORTS/START) of oned.
    type: int
    default: 5900
seealso:
  - module: kubenebula.opennebula.one_host_info
"""

EXAMPLES = r"""
- name: Gather facts of the hypervisor
  kubenebula.opennebula.hypervisor_info:
    type: kvm
    front_end: opennebula
    monitor_address: 192.0.2.10
    monitor_port: 30412
  become: true
  register: gathered

- name: Show what libvirt answers to the drivers
  ansible.builtin.debug:
    msg: "{{ gathered.hypervisor.driver.said }}"
"""

RETURN = r"""
hypervisor:
  description: What was found. A problem is the operating system's message, or empty if there is no problem.
  returned: success
  type: dict
  contains:
    type:
      description: The value of O(type).
      type: str
      sample: kvm
    account:
      description: IDs and groups of oneadmin, or null if there is no such user.
      type: dict
      sample: {"uid": 9869, "gid": 9869, "groups": ["kvm", "libvirt", "oneadmin"]}
    front_end:
      description: Settings of oneadmin's ssh for the front-end's name, and the addresses of the resulting host name.
      type: dict
      sample: {"hostname": "192.0.2.10", "port": 30022, "strict": true, "addresses": ["192.0.2.10"], "problem": ""}
    monitor:
      description: Addresses of the monitor, and why it cannot be reached over TCP or UDP.
      type: dict
      sample: {"addresses": ["192.0.2.10"], "problem": "", "tcp": "", "udp": ""}
    onegate:
      description: Why OneGate does not answer. Empty if it answers or is not deployed.
      type: str
      sample: timed out
    units:
      description: State of each installed unit of systemd. A unit of O(services) that is not installed is C(missing).
      type: dict
      sample: {"libvirtd.socket": {"ActiveState": "active", "UnitFileState": "enabled", "ConditionResult": "yes"}}
    packages:
      description: Versions of OpenNebula's packages. Null for a package that is not installed.
      type: dict
      sample: {"opennebula-node-kvm": "6.10.0.1-1", "opennebula-common": "6.10.0.1-1"}
    datastores:
      description: The folder of the datastores, missing mounts in it, and the inode numbers of shared datastores.
      type: dict
      sample: {"path": "/var/lib/one/datastores", "exists": true, "writable": true, "not_mounted": [], "inodes": {}}
    space:
      description: Free space of each file system that OpenNebula uses, in percent.
      type: list
      elements: dict
      sample: [{"path": "/var/lib/one/datastores", "free": 61.5, "free_inodes": 92.0}]
    kvm:
      description: Whether C(/dev/kvm) exists, whether oneadmin can use it, and whether the processor has the CPU flags.
      type: dict
      sample: {"exists": true, "usable": true, "flags": true}
    driver:
      description: Result of the command that the drivers run to reach the hypervisor, run as oneadmin.
      type: dict
      sample: {"command": "virsh -c qemu:///system version", "code": 0, "said": "Running hypervisor: QEMU 7.2.22"}
    consoles:
      description: Ports on which consoles of virtual machines listen, and whether they listen on every address.
      type: list
      elements: dict
      sample: [{"port": 5901, "everywhere": true}]
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import observe, reachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.commands import Commands, Run

LIBVIRT = [f"{name}.{kind}" for name in ("libvirtd", "virtqemud") for kind in ("service", "socket")]
# Units that an OpenNebula node may have besides libvirt's.
UNITS = [
    *(f"{name}.{kind}" for name in ("virtlogd", "virtlockd", "virtproxyd") for kind in ("service", "socket")),
    *("ssh.service", "sshd.service", "lxc.service", "openvswitch-switch.service", "openvswitch.service"),
    *("chrony.service", "chronyd.service", "systemd-timesyncd.service", "ntpsec.service"),
    *("opennebula-node-exporter.service", "opennebula-libvirt-exporter.service"),
]
DRIVERS = {"lxc": ["sudo", "-n", "lxc-ls"]}
VIRSH = ["virsh", "-c", "qemu:///system", "version"]
ARGUMENTS = {
    "type": {"type": "str", "required": True, "choices": ["kvm", "qemu", "lxc"]},
    "front_end": {"type": "str", "required": True},
    "monitor_address": {"type": "str", "required": True},
    "monitor_port": {"type": "int", "default": 4124},
    "log_message": {"type": "str", "default": ""},
    "onegate": {"type": "str", "default": ""},
    "datastores_path": {"type": "path", "default": "/var/lib/one/datastores"},
    "shared_datastores": {"type": "list", "elements": "path", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "console_start": {"type": "int", "default": 5900},
}


def front_end(name: str, settings: Mapping[str, str]) -> dict[str, Any]:
    hostname = settings.get("hostname", name)
    return {
        "hostname": hostname,
        "port": int(settings.get("port", 22)),
        "strict": settings.get("stricthostkeychecking") in ("true", "yes"),
        **reachable.resolve(hostname),
    }


def monitor(params: dict[str, Any]) -> dict[str, Any]:
    address, port, message = params["monitor_address"], params["monitor_port"], params["log_message"]
    found = reachable.resolve(address)
    if found["problem"]:
        return {**found, "tcp": "", "udp": ""}
    return {
        **found,
        "tcp": reachable.tcp(address, port, f"{message} tcp\n" if message else ""),
        "udp": reachable.udp(address, port, f"{message} udp\n") if message else "",
    }


def units(run: Run, own: list[str]) -> dict[str, dict[str, str]]:
    """State of the units by name. own: units named by the operator, which have to be installed."""
    named = [name if "." in name else f"{name}.service" for name in own]
    missing = {"ActiveState": "missing", "UnitFileState": "", "ConditionResult": ""}
    return {**dict.fromkeys(named, missing), **observe.units(run, [*LIBVIRT, *UNITS, *named])}


def gather(run: Run, params: dict[str, Any]) -> dict[str, Any]:
    """What the module returns. Everything that waits for the network runs at the same time."""
    base = params["datastores_path"]
    node = "lxc" if params["type"] == "lxc" else "kvm"
    found = {
        "type": params["type"],
        "account": observe.account(),
        "units": units(run, params["services"]),
        "packages": observe.packages(run, [f"opennebula-node-{node}", "opennebula-common"]),
        "datastores": observe.datastores(run, base, params["shared_datastores"]),
        "space": observe.space(["/", "/var/lib/one", base, *params["shared_datastores"], "/var/tmp"]),
        "kvm": observe.kvm(run),
        "driver": observe.driver(run, DRIVERS.get(params["type"], VIRSH)),
        "consoles": observe.consoles(params["console_start"]),
    }
    settings = observe.ssh_settings(run, params["front_end"])
    with ThreadPoolExecutor() as workers:
        waiting: dict[str, Future[Any]] = {
            "front_end": workers.submit(front_end, params["front_end"], settings),
            "monitor": workers.submit(monitor, params),
            "onegate": workers.submit(lambda url: reachable.http(url) if url else "", params["onegate"]),
        }
        return {**found, **{name: future.result() for name, future in waiting.items()}}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.exit_json(changed=False, hypervisor=gather(Commands(module.run_command), module.params))


if __name__ == "__main__":
    main()
