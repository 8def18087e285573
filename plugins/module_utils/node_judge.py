# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a machine from being a node of OpenNebula, and what its operator should know, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node_facts import ID, ONEADMIN, Machine

# of the distributions for which OpenNebula 6.10 has packages, those this collection takes
PACKAGED = {
    "debian": ("12",),
    "ubuntu": ("22.04", "24.04"),
    "almalinux": ("9",),
    "rocky": ("9",),
    "rhel": ("9",),
}
FAMILIES = {"debian", "rhel", "fedora"}
# one is there while libvirt's network `default` runs, the other where it does at boot
DEFAULT_NETWORK = ("/run/libvirt/network/default.xml", "/etc/libvirt/qemu/networks/autostart/default.xml")


@dataclass(frozen=True)
class Wish:
    """What the machine is to become."""

    kind: str
    own_packages: bool = False
    nested: bool = False
    consent: tuple[str, ...] = ()
    libvirt_file: str = ""
    libvirt_settings: dict[str, str] = field(default_factory=dict)
    default_network: bool = True
    mounts: tuple[str, ...] = ()


def problems_before(machine: Machine, wish: Wish) -> list[str]:
    """What has to be mended before anything is touched."""
    return [*_distribution(machine, wish), *_accounts(machine), *_ssh_server(machine), *_processor(machine, wish)]


def advice_before(machine: Machine, wish: Wish) -> list[str]:
    """What is left as it is, and what would change it."""
    found = []
    name, version, _like = machine.distribution()
    if not _packaged(name, version):
        found.append(f"OpenNebula 6.10 has no packages for {name} {version}; those of another repository are used.")
    if wish.kind == "kvm" and wish.nested and not machine.nested():
        found.append(
            "nested virtualization is off: write 'options kvm_intel nested=1' (kvm_amd on AMD) to "
            "/etc/modprobe.d/kvm.conf "
            "and load the module again while no virtual machine runs."
        )
    running = ", ".join(machine.virtual_machines())
    if running and libvirt_differs(machine, wish) and "libvirt_restart" not in wish.consent:
        found.append(
            f"libvirt's settings stay as they are, because they need a restart of libvirt and {running} run here: "
            "move them "
            "away, or add libvirt_restart to hypervisor_consent."
        )
    if running and not wish.default_network and "default_network" not in wish.consent:
        found.append(
            f"libvirt's default network stays, because {running} run here and might use it: move them away, or add "
            "default_network to hypervisor_consent."
        )
    return found


def problems_after(machine: Machine, wish: Wish) -> list[str]:
    """What keeps a machine from working as a node, though everything is installed."""
    if not machine.entry("passwd", ONEADMIN):
        return [
            f"it has no user {ONEADMIN}, which OpenNebula's node package makes: leave hypervisor_install as true, or "
            "install "
            "the package."
        ]
    found = [*_accounts(machine)]
    code, text = machine.run(["sudo", "-n", "-l", "-U", ONEADMIN])
    if code != 0 or not re.search(r"NOPASSWD:.*/ip link\b", text, re.DOTALL):
        found.append(
            "sudo does not let oneadmin set up networks: check that the node package's files are in /etc/sudoers.d "
            "and that "
            "/etc/sudoers has the line '@includedir /etc/sudoers.d'."
        )
    if not forwards(machine):
        found.append(
            "its SSH server still forwards no agent for oneadmin: have /etc/ssh/sshd_config include "
            "/etc/ssh/sshd_config.d/*.conf, in its first line."
        )
    return found + (_lxc(machine) if wish.kind == "lxc" else _kvm(machine, wish))


def advice_after(machine: Machine, wish: Wish) -> list[str]:
    """What works and could work better."""
    found = []
    if machine.clock_drifts():
        found.append(
            "nothing keeps its clock right: run chrony or systemd-timesyncd. Monitoring, certificates and logs go by "
            "it."
        )
    lasting = {line.split()[1] for line in machine.read("/etc/fstab").splitlines() if len(line.split()) > 1}
    for mount in wish.mounts:
        if mount not in lasting:
            found.append(
                f"{mount} is mounted until the next boot only: add fstab to hypervisor_consent, or write it to "
                "/etc/fstab yourself."
            )
    if wish.kind == "lxc" and not machine.exists("/sys/module/nbd"):
        found.append(
            "containers cannot have qcow2 disks, because the kernel module nbd is not loaded: use raw images, or "
            "load it."
        )
    abstraction = machine.read("/etc/apparmor.d/abstractions/libvirt-qemu")
    if wish.kind != "lxc" and abstraction and "local/abstractions/libvirt-qemu" not in abstraction:
        found.append(
            "AppArmor does not read /etc/apparmor.d/local/abstractions/libvirt-qemu: add the line "
            "'include if exists <local/abstractions/libvirt-qemu>' to /etc/apparmor.d/abstractions/libvirt-qemu."
        )
    return found


def waits(machine: Machine, wish: Wish) -> bool:
    """Whether something is still to be done: it was to be left alone before, or has been undone since."""
    network = any(machine.exists(path) for path in DEFAULT_NETWORK)
    return (
        not forwards(machine)
        or libvirt_differs(machine, wish)
        or len(machine.mounted(wish.mounts)) < len(wish.mounts)
        or (wish.kind == "lxc" and len(machine.missing_subids()) > 0)
        or (wish.kind != "lxc" and not wish.default_network and network)
    )


def libvirt_differs(machine: Machine, wish: Wish) -> bool:
    """Whether a setting of libvirt's is not the wished one."""
    there = machine.libvirt_settings(wish.libvirt_file)
    return any(there.get(key) != f'"{value}"' for key, value in wish.libvirt_settings.items())


def forwards(machine: Machine) -> bool:
    """Whether the SSH server lets oneadmin log in by key and forwards its agent, by which hosts reach each other."""
    options = machine.sshd
    return (
        options.get("allowagentforwarding", "yes") == "yes"
        and options.get("disableforwarding", "no") == "no"
        and options.get("pubkeyauthentication", "yes") == "yes"
    )


def _packaged(name: str, version: str) -> bool:
    return any(version == known or version.startswith(f"{known}.") for known in PACKAGED.get(name, ()))


def _distribution(machine: Machine, wish: Wish) -> Iterator[str]:
    name, version, like = machine.distribution()
    if not FAMILIES & {name, *like}:
        yield (
            f"{name or 'its distribution'} is not supported: a node is Debian 12, Ubuntu 22.04 or 24.04, or RHEL 9 "
            "or its kin."
        )
    elif not _packaged(name, version) and not wish.own_packages:
        yield (
            f"OpenNebula 6.10 has no packages for {name} {version}: use Debian 12, Ubuntu 22.04 or 24.04, or RHEL 9 "
            "or its "
            "kin, or set hypervisor_repository_url to a repository that has them."
        )
    if not machine.exists("/run/systemd/system"):
        yield "it does not run systemd, which libvirt and the node packages need."


def _accounts(machine: Machine) -> Iterator[str]:
    for database, what, change in (("passwd", "user", "usermod -u"), ("group", "group", "groupmod -g")):
        owner = machine.entry(database, str(ID))
        if owner and owner[0] != ONEADMIN:
            yield (
                f"its {what} {owner[0]} has the id {ID}, which is oneadmin's on every machine of a cloud: give it "
                "another one "
                f"('{change} NEW_ID {owner[0]}', then chown its files)."
            )
        own = machine.entry(database, ONEADMIN)
        if own and own[2] != str(ID):
            yield (
                f"its {what} {ONEADMIN} has the id {own[2]} and not {ID}, so that files of shared datastores would "
                "belong to "
                f"somebody else: '{change} {ID} {ONEADMIN}', then chown its files."
            )


def _ssh_server(machine: Machine) -> Iterator[str]:
    options = machine.sshd
    for option, allowed in (("allowusers", True), ("allowgroups", True), ("denyusers", False), ("denygroups", False)):
        patterns = [pattern.partition("@")[0] for pattern in options.get(option, "").split()]
        if patterns and any(fnmatchcase(ONEADMIN, pattern) for pattern in patterns) != allowed:
            yield f"its SSH server keeps oneadmin out: change {option} in /etc/ssh/sshd_config."
    files = options.get("authorizedkeysfile", "").split()
    if files and not {".ssh/authorized_keys", "%h/.ssh/authorized_keys"} & set(files):
        yield (
            f"its SSH server looks for keys in {' '.join(files)}: add .ssh/authorized_keys to AuthorizedKeysFile, "
            "for oneadmin "
            "at least ('Match User oneadmin')."
        )


def _processor(machine: Machine, wish: Wish) -> Iterator[str]:
    if wish.kind != "kvm" or machine.exists("/dev/kvm") or machine.cpu_virtualizes():
        return
    where = "turn on nested virtualization for it" if machine.virtual() else "turn on VT-x or AMD-V in its firmware"
    yield (
        f"its processor does not offer virtualization: {where}, or set hypervisor_type: qemu to emulate, which is slow."
    )


def _kvm(machine: Machine, wish: Wish) -> list[str]:
    found = []
    code, text = machine.run(["virsh", "--connect", "qemu:///system", "version"], ONEADMIN)
    if code != 0:
        found.append(f"oneadmin cannot use libvirt: {' '.join(text.split())}")
    if not machine.exists("/usr/bin/qemu-kvm-one"):
        found.append(
            "there is no /usr/bin/qemu-kvm-one, by which the drivers start QEMU: install the node package again."
        )
    if wish.kind == "kvm" and not machine.exists("/dev/kvm"):
        found.append(
            "there is no /dev/kvm, though its processor offers virtualization: 'modprobe kvm_intel' (kvm_amd on AMD) "
            "says why."
        )
    return found


def _lxc(machine: Machine) -> list[str]:
    found = []
    code, text = machine.run(["lxc-info", "--version"])
    version = [int(number) for number in re.findall(r"\d+", text)[:3]]
    if code != 0:
        found.append(f"LXC cannot be used: {' '.join(text.split())}")
    elif version < [3, 0, 3]:
        found.append(f"LXC is {text}, and the driver needs 3.0.3 or newer.")
    if not machine.exists("/usr/bin/bindfs"):
        found.append(
            "there is no bindfs, by which the driver gives containers their disks: install the package bindfs."
        )
    return found
