# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the hypervisor itself: services, packages, clock, disks and drivers."""

from __future__ import annotations

import re

from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks import network, ssh
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.evaluate import (
    FINE,
    Check,
    Finding,
    Hypervisor,
    Site,
    failed,
    not_applicable,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.front_end import full_file_systems
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.ssh import onboard

LIBVIRT = ("libvirtd", "virtqemud")
# UID and GID of oneadmin on every node, because files on shared storage belong to numbers.
ONEADMIN = 9869


def reach(_site: Site, hypervisor: Hypervisor) -> Finding:
    if hypervisor.seen:
        return FINE
    return failed(
        f"Ansible cannot look at {hypervisor.name}: {hypervisor.problem}",
        "correct ansible_host, ansible_user, ansible_port or the key in the inventory, or start the hypervisor",
    )


def services(_site: Site, hypervisor: Hypervisor) -> Finding:
    """Units that are enabled run, and so does libvirt if the drivers need it."""
    units = hypervisor.seen["units"]
    active = {name.partition(".")[0] for name, unit in units.items() if unit["ActiveState"] == "active"}
    if hypervisor.type != "lxc" and not active & set(LIBVIRT):
        unit = next((f"{name}.socket" for name in LIBVIRT if f"{name}.socket" in units), "libvirtd.socket")
        return failed(
            f"libvirt does not run on {hypervisor.name}", f"on {hypervisor.name}: systemctl enable --now {unit}"
        )
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
    # A unit need not run while its socket does: the socket starts it on demand.
    down = [name for name in down if units[name]["ActiveState"] == "failed" or name.partition(".")[0] not in active]
    missing = [name for name, unit in units.items() if unit["ActiveState"] == "missing"]
    if missing:
        return failed(
            f"services are not installed on {hypervisor.name}: {', '.join(missing)}",
            "install them, or take them out of verify_services",
        )
    if down:
        return failed(
            f"services on {hypervisor.name} are set to run and do not: {', '.join(down)}",
            f"on {hypervisor.name}: systemctl restart {' '.join(down)}, and journalctl -u {down[0]} for the reason",
        )
    return FINE


def driver(_site: Site, hypervisor: Hypervisor) -> Finding:
    """oneadmin can run the command that the drivers use."""
    answer = hypervisor.seen["driver"]
    if answer["code"] == 0:
        return FINE
    return failed(
        f"oneadmin cannot run {answer['command']} on {hypervisor.name}: {answer['said'] or 'it says nothing'}",
        onboard(hypervisor.name, "hypervisor"),
    )


def upstream(version: str) -> str:
    """The version of a package without epoch and without the revision of the distribution."""
    return re.sub(r"-[^-]*$", "", version.partition(":")[2] or version)


def packages(site: Site, hypervisor: Hypervisor) -> Finding:
    remedy = onboard(hypervisor.name, "hypervisor")
    found = hypervisor.seen["packages"]
    missing = [name for name, version in found.items() if version is None]
    if missing:
        return failed(f"packages are not installed on {hypervisor.name}: {', '.join(missing)}", remedy)
    expected = upstream(site.seen["version"])
    others = [f"{name} is {version}" for name, version in found.items() if upstream(version) != expected]
    if others:
        return failed(
            f"packages on {hypervisor.name} differ from the front-end's {expected}: {', '.join(others)}",
            f"set hypervisor_version to {expected} and run {remedy}",
        )
    return FINE


def clock(site: Site, hypervisor: Hypervisor) -> Finding:
    skew = site.seen["ssh"][hypervisor.name]["skew"]
    if skew is None:
        return failed(
            f"the clock of {hypervisor.name} cannot be read: date says nothing", f"on {hypervisor.name}: date +%s.%N"
        )
    if abs(skew) <= site.limits.clock:
        return FINE
    return failed(
        f"the clock of {hypervisor.name} is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the front-end's",
        f"on {hypervisor.name}: timedatectl set-ntp true, with a time server it reaches; "
        f"verify_max_clock_skew is {site.limits.clock:g}",
    )


def kvm(_site: Site, hypervisor: Hypervisor) -> Finding:
    if hypervisor.type != "kvm":
        return not_applicable(f"hypervisor_type is {hypervisor.type}")
    found = hypervisor.seen["kvm"]
    if found["usable"]:
        return FINE
    if found["exists"]:
        return failed(f"oneadmin may not use /dev/kvm on {hypervisor.name}", onboard(hypervisor.name, "hypervisor"))
    if found["flags"]:
        return failed(
            f"there is no /dev/kvm on {hypervisor.name}", f"on {hypervisor.name}: modprobe kvm_intel or kvm_amd"
        )
    return failed(
        f"there is no /dev/kvm on {hypervisor.name}, and its processor shows no virtualization",
        "enable it in the firmware, or nested virtualization on its own host, or set hypervisor_type: qemu",
    )


def datastores(site: Site, hypervisor: Hypervisor) -> Finding:
    """The folder exists, its mounts are there, and shared datastores are the same as the front-end's."""
    found = hypervisor.seen["datastores"]
    if found["not_mounted"]:
        paths = " ".join(found["not_mounted"])
        return failed(
            f"in /etc/fstab of {hypervisor.name} but not mounted: {paths}",
            f"on {hypervisor.name}: mount {found['not_mounted'][0]}",
        )
    if not found["exists"] or not found["writable"]:
        problem = "cannot be written by oneadmin" if found["exists"] else "does not exist"
        return failed(
            f"{found['path']} {problem} on {hypervisor.name}",
            f"on {hypervisor.name}: install -d -o oneadmin -g oneadmin {found['path']}, or mount it",
        )
    account = hypervisor.seen["account"]
    if (account["uid"], account["gid"]) != (ONEADMIN, ONEADMIN):
        return failed(
            f"oneadmin is {account['uid']}:{account['gid']} on {hypervisor.name} and not {ONEADMIN}:{ONEADMIN}",
            "give it these numbers, and its files, before the node package is installed again",
        )
    for path, inode in found["inodes"].items():
        if site.seen["datastores"].get(path) != inode:
            return failed(
                f"{path} on {hypervisor.name} is not the folder that the front-end has there",
                f"mount the front-end's storage at {found['path']} of {hypervisor.name}",
            )
    return FINE


def space(site: Site, hypervisor: Hypervisor) -> Finding:
    full = full_file_systems(hypervisor.seen["space"], site.limits.space)
    if not full:
        return FINE
    return failed(
        f"disks of {hypervisor.name} are full: {full}",
        f"delete or move what fills them, or enlarge them; verify_min_free_percent is {site.limits.space:g}",
    )


_HERE = ("reach", "front-end exec")
_HOP = ("ssh_from_front_end", "front-end ssh_agent")
_MONITOR = (*_HERE, "names_on_host", "front-end monitor_port")
CHECKS = (
    Check("reach", "reach", reach),
    Check("state", "oned", network.state, ("front-end api",)),
    Check("monitoring", "oned", network.monitoring, ("state",)),
    Check("names_in_pods", "names", network.names_in_pods, ("front-end exec",)),
    Check("names_on_host", "names", network.names_on_host, _HERE),
    Check("ssh_from_front_end", "ssh", ssh.from_front_end, ("names_in_pods",)),
    Check("ssh_to_front_end", "ssh", ssh.to_front_end, (*_HOP, "names_on_host")),
    Check("ssh_to_peers", "ssh", ssh.to_peers, _HOP),
    Check("monitor_tcp", "monitor", network.monitor_tcp, _MONITOR),
    Check("monitor_udp", "monitor", network.monitor_udp, _MONITOR),
    Check("services", "services", services, ("reach",)),
    Check("driver", "driver", driver, ("services",)),
    Check("packages", "packages", packages, _HERE),
    Check("clock", "clock", clock, ("ssh_from_front_end",)),
    Check("kvm", "kvm", kvm, ("reach",)),
    Check("datastores", "storage", datastores, _HERE),
    Check("space", "storage", space, ("reach",)),
    Check("console", "console", network.console, ("names_in_pods", *_HERE)),
    Check("onegate", "onegate", network.onegate, _HERE),
)
