# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hypervisor itself: its services, packages, clock, disks and drivers."""

from __future__ import annotations

import re

from ansible_collections.kubenebula.opennebula.plugins.module_utils import check_network, check_ssh
from ansible_collections.kubenebula.opennebula.plugins.module_utils.check import (
    FINE,
    Check,
    Finding,
    Machine,
    Site,
    failed,
    not_applicable,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.check_front_end import full
from ansible_collections.kubenebula.opennebula.plugins.module_utils.check_ssh import onboard

LIBVIRT = ("libvirtd", "virtqemud")
# oneadmin everywhere: files on shared storage belong to numbers
ONEADMIN = 9869


def reach(_site: Site, machine: Machine) -> Finding:
    if machine.seen:
        return FINE
    return failed(
        f"Ansible cannot look at {machine.name}: {machine.problem}",
        "correct ansible_host, ansible_user, ansible_port or the key in the inventory, or start the machine",
    )


def services(_site: Site, machine: Machine) -> Finding:
    """What is set to run does, and what the drivers need does."""
    units = machine.seen["units"]
    active = {name.partition(".")[0] for name, unit in units.items() if unit["ActiveState"] == "active"}
    if machine.type != "lxc" and not active & set(LIBVIRT):
        unit = next((f"{name}.socket" for name in LIBVIRT if f"{name}.socket" in units), "libvirtd.socket")
        return failed(f"libvirt does not run on {machine.name}", f"on {machine.name}: systemctl enable --now {unit}")
    down = [
        name
        for name, unit in sorted(units.items())
        if unit["ActiveState"] == "failed"
        or (
            unit["UnitFileState"] == "enabled"
            and unit["ActiveState"] == "inactive"
            and unit["ConditionResult"] == "yes"
        )
    ]
    # a socket starts its service when somebody asks
    down = [name for name in down if units[name]["ActiveState"] == "failed" or name.partition(".")[0] not in active]
    missing = [name for name, unit in units.items() if unit["ActiveState"] == "missing"]
    if missing:
        return failed(
            f"services are not installed on {machine.name}: {', '.join(missing)}",
            "install them, or take them out of verify_services",
        )
    if down:
        return failed(
            f"services on {machine.name} are set to run and do not: {', '.join(down)}",
            f"on {machine.name}: systemctl restart {' '.join(down)}, and journalctl -u {down[0]} for the reason",
        )
    return FINE


def driver(_site: Site, machine: Machine) -> Finding:
    """The drivers' own command works for oneadmin."""
    answer = machine.seen["driver"]
    if answer["code"] == 0:
        return FINE
    return failed(
        f"oneadmin cannot run {answer['command']} on {machine.name}: {answer['said'] or 'it says nothing'}",
        onboard(machine.name, "hypervisor"),
    )


def upstream(version: str) -> str:
    """A package's version without epoch and revision of the distribution."""
    return re.sub(r"-[^-]*$", "", version.partition(":")[2] or version)


def packages(site: Site, machine: Machine) -> Finding:
    mend = onboard(machine.name, "hypervisor")
    found = machine.seen["packages"]
    missing = [name for name, version in found.items() if version is None]
    if missing:
        return failed(f"packages are not installed on {machine.name}: {', '.join(missing)}", mend)
    wanted = upstream(site.seen["version"])
    others = [f"{name} is {version}" for name, version in found.items() if upstream(version) != wanted]
    if others:
        return failed(
            f"packages on {machine.name} differ from the front-end's {wanted}: {', '.join(others)}",
            f"set hypervisor_version to {wanted} and run {mend}",
        )
    return FINE


def clock(site: Site, machine: Machine) -> Finding:
    skew = site.seen["ssh"][machine.name]["skew"]
    if skew is None:
        return failed(
            f"the clock of {machine.name} cannot be read: date says nothing", f"on {machine.name}: date +%s.%N"
        )
    if abs(skew) <= site.limits.clock:
        return FINE
    return failed(
        f"the clock of {machine.name} is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the front-end's",
        f"on {machine.name}: timedatectl set-ntp true, with a time server it reaches; "
        f"verify_max_clock_skew is {site.limits.clock:g}",
    )


def kvm(_site: Site, machine: Machine) -> Finding:
    if machine.type != "kvm":
        return not_applicable(f"hypervisor_type is {machine.type}")
    found = machine.seen["kvm"]
    if found["usable"]:
        return FINE
    if found["exists"]:
        return failed(f"oneadmin may not use /dev/kvm on {machine.name}", onboard(machine.name, "hypervisor"))
    if found["flags"]:
        return failed(f"there is no /dev/kvm on {machine.name}", f"on {machine.name}: modprobe kvm_intel or kvm_amd")
    return failed(
        f"there is no /dev/kvm on {machine.name}, and its processor shows no virtualization",
        "enable it in the firmware, or nested virtualization on the machine below, or set hypervisor_type: qemu",
    )


def datastores(site: Site, machine: Machine) -> Finding:
    """The folder is there, what belongs there is mounted, and shared storage is the front-end's."""
    found = machine.seen["datastores"]
    if found["not_mounted"]:
        paths = " ".join(found["not_mounted"])
        return failed(
            f"in /etc/fstab of {machine.name} but not mounted: {paths}",
            f"on {machine.name}: mount {found['not_mounted'][0]}",
        )
    if not found["exists"] or not found["writable"]:
        problem = "cannot be written by oneadmin" if found["exists"] else "does not exist"
        return failed(
            f"{found['path']} {problem} on {machine.name}",
            f"on {machine.name}: install -d -o oneadmin -g oneadmin {found['path']}, or mount it",
        )
    account = machine.seen["account"]
    if (account["uid"], account["gid"]) != (ONEADMIN, ONEADMIN):
        return failed(
            f"oneadmin is {account['uid']}:{account['gid']} on {machine.name} and not {ONEADMIN}:{ONEADMIN}",
            "give it these numbers, and its files, before the node package is installed again",
        )
    for path, inode in found["inodes"].items():
        if site.seen["datastores"].get(path) != inode:
            return failed(
                f"{path} on {machine.name} is not the folder that the front-end has there",
                f"mount the front-end's storage at {found['path']} of {machine.name}",
            )
    return FINE


def space(site: Site, machine: Machine) -> Finding:
    told = full(machine.seen["space"], site.limits.space)
    if not told:
        return FINE
    return failed(
        f"disks of {machine.name} are full: {told}",
        f"delete or move what fills them, or enlarge them; verify_min_free_percent is {site.limits.space:g}",
    )


_HERE = ("reach", "front-end exec")
_HOP = ("ssh_from_front_end", "front-end ssh_agent")
_MONITOR = (*_HERE, "names_on_host", "front-end monitor_port")
CHECKS = (
    Check("reach", "reach", reach),
    Check("state", "oned", check_network.state, ("front-end api",)),
    Check("monitoring", "oned", check_network.monitoring, ("state",)),
    Check("names_in_pods", "names", check_network.names_in_pods, ("front-end exec",)),
    Check("names_on_host", "names", check_network.names_on_host, _HERE),
    Check("ssh_from_front_end", "ssh", check_ssh.from_front_end, ("names_in_pods",)),
    Check("ssh_to_front_end", "ssh", check_ssh.to_front_end, (*_HOP, "names_on_host")),
    Check("ssh_to_peers", "ssh", check_ssh.to_peers, _HOP),
    Check("monitor_tcp", "monitor", check_network.monitor_tcp, _MONITOR),
    Check("monitor_udp", "monitor", check_network.monitor_udp, _MONITOR),
    Check("services", "services", services, ("reach",)),
    Check("driver", "driver", driver, ("services",)),
    Check("packages", "packages", packages, _HERE),
    Check("clock", "clock", clock, ("ssh_from_front_end",)),
    Check("kvm", "kvm", kvm, ("reach",)),
    Check("datastores", "storage", datastores, _HERE),
    Check("space", "storage", space, ("reach",)),
    Check("console", "console", check_network.console, ("names_in_pods", *_HERE)),
    Check("onegate", "onegate", check_network.onegate, _HERE),
)
