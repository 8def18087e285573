# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A host without problems, or with one."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.kubenebula.opennebula.plugins.module_utils.node.facts import Node

SSHD = (
    "allowagentforwarding yes\ndisableforwarding no\npubkeyauthentication yes\nauthorizedkeysfile .ssh/authorized_keys"
)
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "run/systemd/system/unit": "",
    "proc/cpuinfo": "processor: 0\nflags\t\t: fpu vmx sse2\n",
    "dev/kvm": "",
    "usr/bin/qemu-kvm-one": "",
    "usr/bin/bindfs": "",
    "sys/module/nbd/state": "",
    "etc/libvirt/libvirtd.conf": '#host_uuid = "1"\nhost_uuid = "2"\n',
}
COMMANDS: dict[str, tuple[int, str]] = {
    "getent passwd 9869": (0, "oneadmin:x:9869:9869::/var/lib/one:/bin/bash"),
    "getent passwd oneadmin": (0, "oneadmin:x:9869:9869::/var/lib/one:/bin/bash"),
    "getent group 9869": (0, "oneadmin:x:9869:"),
    "getent group oneadmin": (0, "oneadmin:x:9869:"),
    "sshd": (0, SSHD),
    "sudo": (0, "User oneadmin may run:\n    (ALL : ALL) NOPASSWD: /usr/sbin/ip link *,\n /usr/sbin/ip route *"),
    "virsh": (0, "QEMU 7.2"),
    "lxc-info": (0, "5.0.2"),
    "timedatectl": (0, "yes"),
}
# before the packages are there
NOBODY = dict.fromkeys([name for name in COMMANDS if name.startswith("getent")], (2, ""))


def machine(tmp_path: Path, files: dict[str, str | None] | None = None, **commands: tuple[int, str]) -> Node:
    """Return a host without problems except those given. A file that is None does not exist."""
    for name, text in {**FILES, **(files or {})}.items():
        if text is not None:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    known = {**COMMANDS, **{name.replace("_", " "): answer for name, answer in commands.items()}}

    def run(command: list[str], user: str | None = None) -> tuple[int, str]:
        line = " ".join(command)
        return next(
            (answer for name, answer in known.items() if line.startswith(name)), (127, f"{command[0]}: not found")
        )

    return Node(run, tmp_path)
