# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a host from being an OpenNebula node, and what its operator should know, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.facts import ID, ONEADMIN, Node

# The supported ones of the distributions for which OpenNebula 6.10 has packages.
PACKAGED = {
    "debian": ("12",),
    "ubuntu": ("22.04", "24.04"),
    "almalinux": ("9",),
    "rocky": ("9",),
    "rhel": ("9",),
}
FAMILIES = {"debian", "rhel", "fedora"}
# The first exists while libvirt's network `default` runs, the second if the network starts at boot.
DEFAULT_NETWORK = ("/run/libvirt/network/default.xml", "/etc/libvirt/qemu/networks/autostart/default.xml")


@dataclass(frozen=True)
class Desired:
    """The desired state of the node. consent: what may be done while virtual machines run."""

    kind: str
    own_packages: bool = False
    nested: bool = False
    consent: tuple[str, ...] = ()
    libvirt_file: str = ""
    libvirt_settings: dict[str, str] = field(default_factory=dict)
    default_network: bool = True
    mounts: tuple[str, ...] = ()


def problems_before(node: Node, desired: Desired) -> list[str]:
    """What has to be repaired before anything is changed."""
    return [*_distribution(node, desired), *_accounts(node), *_ssh_server(node), *_processor(node, desired)]


def advice_before(node: Node, desired: Desired) -> list[str]:
    """What is not changed, and what would allow the change."""
    found = []
    name, version, _like = node.distribution()
    if not _packaged(name, version):
        found.append(f"OpenNebula 6.10 has no packages for {name} {version}; those of another repository are used.")
    if desired.kind == "kvm" and desired.nested and not node.nested():
        found.append(
            "nested virtualization is off: write 'options kvm_intel nested=1' (kvm_amd on AMD) to "
            "/etc/modprobe.d/kvm.conf and load the module again while no virtual machine runs."
        )
    running = ", ".join(node.virtual_machines())
    if running and libvirt_differs(node, desired) and "libvirt_restart" not in desired.consent:
        found.append(
            f"libvirt's settings stay as they are, because they need a restart of libvirt and {running} run here: move "
            "them away, or add libvirt_restart to hypervisor_consent."
        )
    if running and not desired.default_network and "default_network" not in desired.consent:
        found.append(
            f"libvirt's default network stays, because {running} run here and might use it: move them away, or add "
            "default_network to hypervisor_consent."
        )
    return found


def problems_after(node: Node, desired: Desired) -> list[str]:
    """What keeps a host from working as a node, though everything is installed."""
    if not node.entry("passwd", ONEADMIN):
        return [
            f"it has no user {ONEADMIN}, which OpenNebula's node package makes: leave hypervisor_install as true, or "
            "install the package."
        ]
    found = [*_accounts(node)]
    code, text = node.run(["sudo", "-n", "-l", "-U", ONEADMIN])
    if code != 0 or not re.search(r"NOPASSWD:.*/ip link\b", text, re.DOTALL):
        found.append(
            "sudo does not let oneadmin set up networks: check that the node package's files are in /etc/sudoers.d and "
            "that /etc/sudoers has the line '@includedir /etc/sudoers.d'."
        )
    if not forwards(node):
        found.append(
            "its SSH server still forwards no agent for oneadmin: have /etc/ssh/sshd_config include "
            "/etc/ssh/sshd_config.d/*.conf, in its first line."
        )
    return found + (_lxc(node) if desired.kind == "lxc" else _kvm(node, desired))


def advice_after(node: Node, desired: Desired) -> list[str]:
    """What works but could be improved."""
    found = []
    if node.clock_drifts():
        found.append(
            "nothing keeps its clock right: run chrony or systemd-timesyncd. Monitoring, certificates and logs go by "
            "it."
        )
    in_fstab = {line.split()[1] for line in node.read("/etc/fstab").splitlines() if len(line.split()) > 1}
    for mount in desired.mounts:
        if mount not in in_fstab:
            found.append(
                f"{mount} is mounted until the next boot only: add fstab to hypervisor_consent, or write it to "
                "/etc/fstab yourself."
            )
    if desired.kind == "lxc" and not node.exists("/sys/module/nbd"):
        found.append(
            "containers cannot have qcow2 disks, because the kernel module nbd is not loaded: use raw images, or load "
            "it."
        )
    abstraction = node.read("/etc/apparmor.d/abstractions/libvirt-qemu")
    if desired.kind != "lxc" and abstraction and "local/abstractions/libvirt-qemu" not in abstraction:
        found.append(
            "AppArmor does not read /etc/apparmor.d/local/abstractions/libvirt-qemu: add the line 'include if exists "
            "<local/abstractions/libvirt-qemu>' to /etc/apparmor.d/abstractions/libvirt-qemu."
        )
    return found


def has_pending_changes(node: Node, desired: Desired) -> bool:
    """Whether something remains to be done: it lacked consent before, or it was undone since."""
    network = any(node.exists(path) for path in DEFAULT_NETWORK)
    return (
        not forwards(node)
        or libvirt_differs(node, desired)
        or len(node.mounted(desired.mounts)) < len(desired.mounts)
        or (desired.kind == "lxc" and len(node.missing_subids()) > 0)
        or (desired.kind != "lxc" and not desired.default_network and network)
    )


def libvirt_differs(node: Node, desired: Desired) -> bool:
    """Whether a setting of libvirt is not the desired one."""
    observed = node.libvirt_settings(desired.libvirt_file)
    return any(observed.get(key) != f'"{value}"' for key, value in desired.libvirt_settings.items())


def forwards(node: Node) -> bool:
    """Whether sshd lets oneadmin log in by key and forwards its agent, by which nodes log in to each other."""
    options = node.sshd
    return (
        options.get("allowagentforwarding", "yes") == "yes"
        and options.get("disableforwarding", "no") == "no"
        and options.get("pubkeyauthentication", "yes") == "yes"
    )


def _packaged(name: str, version: str) -> bool:
    return any(version == known or version.startswith(f"{known}.") for known in PACKAGED.get(name, ()))


def _distribution(node: Node, desired: Desired) -> Iterator[str]:
    name, version, like = node.distribution()
    if not FAMILIES & {name, *like}:
        yield (
            f"{name or 'its distribution'} is not supported: a node is Debian 12, Ubuntu 22.04 or 24.04, or Red Hat "
            "Enterprise Linux 9 or a compatible distribution."
        )
    elif not _packaged(name, version) and not desired.own_packages:
        yield (
            f"OpenNebula 6.10 has no packages for {name} {version}: use Debian 12, Ubuntu 22.04 or 24.04, or Red Hat "
            "Enterprise Linux 9 or a compatible distribution, or set hypervisor_repository_url to a repository that "
            "has them."
        )
    if not node.exists("/run/systemd/system"):
        yield "it does not run systemd, which libvirt and the node packages need."


def _accounts(node: Node) -> Iterator[str]:
    for database, what, change in (("passwd", "user", "usermod -u"), ("group", "group", "groupmod -g")):
        owner = node.entry(database, str(ID))
        if owner and owner[0] != ONEADMIN:
            yield (
                f"its {what} {owner[0]} has the id {ID}, which is oneadmin's on every node of a cloud: give it another "
                f"one ('{change} NEW_ID {owner[0]}', then chown its files)."
            )
        own = node.entry(database, ONEADMIN)
        if own and own[2] != str(ID):
            yield (
                f"its {what} {ONEADMIN} has the id {own[2]} and not {ID}, so that files of shared datastores would "
                f"belong to somebody else: '{change} {ID} {ONEADMIN}', then chown its files."
            )


def _ssh_server(node: Node) -> Iterator[str]:
    options = node.sshd
    for option, allowed in (("allowusers", True), ("allowgroups", True), ("denyusers", False), ("denygroups", False)):
        patterns = [pattern.partition("@")[0] for pattern in options.get(option, "").split()]
        if patterns and any(fnmatchcase(ONEADMIN, pattern) for pattern in patterns) != allowed:
            yield f"its SSH server keeps oneadmin out: change {option} in /etc/ssh/sshd_config."
    files = options.get("authorizedkeysfile", "").split()
    if files and not {".ssh/authorized_keys", "%h/.ssh/authorized_keys"} & set(files):
        yield (
            f"its SSH server looks for keys in {' '.join(files)}: add .ssh/authorized_keys to AuthorizedKeysFile, for "
            "oneadmin at least ('Match User oneadmin')."
        )


def _processor(node: Node, desired: Desired) -> Iterator[str]:
    if desired.kind != "kvm" or node.exists("/dev/kvm") or node.cpu_virtualizes():
        return
    where = "turn on nested virtualization for it" if node.virtual() else "turn on VT-x or AMD-V in its firmware"
    yield (
        f"its processor does not offer virtualization: {where}, or set hypervisor_type: qemu to emulate, which is slow."
    )


def _kvm(node: Node, desired: Desired) -> list[str]:
    found = []
    code, text = node.run(["virsh", "--connect", "qemu:///system", "version"], ONEADMIN)
    if code != 0:
        found.append(f"oneadmin cannot use libvirt: {' '.join(text.split())}")
    if not node.exists("/usr/bin/qemu-kvm-one"):
        found.append(
            "there is no /usr/bin/qemu-kvm-one, by which the drivers start QEMU: install the node package again."
        )
    if desired.kind == "kvm" and not node.exists("/dev/kvm"):
        found.append(
            "there is no /dev/kvm, though its processor offers virtualization: 'modprobe kvm_intel' (kvm_amd on AMD) "
            "says why."
        )
    return found


def _lxc(node: Node) -> list[str]:
    found = []
    code, text = node.run(["lxc-info", "--version"])
    version = [int(number) for number in re.findall(r"\d+", text)[:3]]
    if code != 0:
        found.append(f"LXC cannot be used: {' '.join(text.split())}")
    elif version < [3, 0, 3]:
        found.append(f"LXC is {text}, and the driver needs 3.0.3 or newer.")
    if not node.exists("/usr/bin/bindfs"):
        found.append(
            "there is no bindfs, by which the driver gives containers their disks: install the package bindfs."
        )
    return found
