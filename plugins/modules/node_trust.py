#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_trust
short_description: Make a node trust its front-end and the other nodes
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Runs on a node as root. Writes the SSH files of the node's oneadmin, so that the front-end can log in to the node,
    and the node to the front-end and the other nodes, with host keys that are known beforehand.
  - The module manages the keys whose comment begins with C(kubenebula:), the blocks between C(# BEGIN front-end) and
    C(# END front-end), and two files in oneadmin's C(.ssh). Everything else in these files belongs to the operator
    and stays as it is, to the byte.
  - An option that is left out leaves its file alone.
extends_documentation_fragment:
  - kubenebula.opennebula.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  front_end:
    description:
      - Name of the front-end, for the comments that mark what the module manages.
    type: str
    required: true
  state:
    description:
      - V(present) - the files contain what is given here, and nothing else that the module manages.
      - V(absent) - everything that the module manages is removed, whichever front-end it came from.
    type: str
    choices: [present, absent]
    default: present
  authorized_keys:
    description:
      - Public keys that may log in as oneadmin, besides those of the operator. Managed keys that are not listed are
        removed.
    type: list
    elements: str
  known_hosts:
    description:
      - Content of C(~/.ssh/known_hosts.opennebula), the host keys of the front-end and of all nodes.
    type: str
  known_hosts_command:
    description:
      - Content of C(~/.ssh/known-hosts-command), the program that ssh runs to find a key that is not in the file.
    type: str
  ssh_config:
    description:
      - Managed block at the beginning of C(~/.ssh/config), because ssh uses the first value it finds.
    type: str
  hosts:
    description:
      - Managed block at the end of C(/etc/hosts), because the first line that matches is used there as well. An empty
        text removes the block.
    type: str
  user:
    description:
      - The user who owns the files.
    type: str
    default: oneadmin
"""

EXAMPLES = r"""
- name: Let the front-end log in, and know its host key
  kubenebula.opennebula.node_trust:
    front_end: opennebula
    authorized_keys:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP7nhbDmfHsfLk6nC4ZxWbTKJeMnzRYCE7Y7h8Bbqm6i
    known_hosts: "{{ known_hosts }}"
    ssh_config: |
      Host opennebula
        HostName 192.0.2.10
        Port 30022

- name: Remove everything that the module manages
  kubenebula.opennebula.node_trust:
    front_end: opennebula
    state: absent
"""

RETURN = r"""
files:
  description: The files that were changed. In check mode, those that would be.
  returned: always
  type: list
  elements: str
  sample: [/var/lib/one/.ssh/authorized_keys, /etc/hosts]
"""

import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import atomic_write, managed_block

ETC_HOSTS = Path("/etc/hosts")


class File(NamedTuple):
    """Observed (before) and desired (after) content of a file, None if it does not exist. mode: None keeps the mode."""

    path: Path
    mode: int | None
    before: bytes | None
    after: bytes | None


def argument_spec() -> dict[str, Any]:
    return {
        "front_end": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "authorized_keys": {"type": "list", "elements": "str", "no_log": False},
        "known_hosts": {"type": "str"},
        "known_hosts_command": {"type": "str"},
        "ssh_config": {"type": "str"},
        "hosts": {"type": "str"},
        "user": {"type": "str", "default": "oneadmin"},
    }


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def desired(params: dict[str, Any], home: Path) -> list[File]:
    """The files that the options name. Raises ValueError for a text that is no public key."""
    ssh, absent, front_end = home / ".ssh", params["state"] == "absent", params["front_end"]
    files: list[File] = []

    def edit(path: Path, option: str, mode: int | None, change: Callable[[bytes], bytes]) -> None:
        if absent or params[option] is not None:
            before = content(path)
            after = change(before or b"")
            files.append(File(path, mode, before, None if before is None and not after else after))

    def own(path: Path, option: str, mode: int) -> None:
        if absent or params[option] is not None:
            files.append(File(path, mode, content(path), None if absent else params[option].encode()))

    keys = [] if absent else [managed_block.key_line(key, front_end) for key in params["authorized_keys"] or []]
    config, hosts = ("", "") if absent else (params["ssh_config"] or "", params["hosts"] or "")
    edit(ssh / "authorized_keys", "authorized_keys", 0o600, lambda text: managed_block.with_keys(text, keys))
    own(ssh / "known_hosts.opennebula", "known_hosts", 0o600)
    own(ssh / "known-hosts-command", "known_hosts_command", 0o700)
    edit(ssh / "config", "ssh_config", 0o600, lambda text: managed_block.with_block(text, front_end, config, True))
    edit(ETC_HOSTS, "hosts", None, lambda text: managed_block.with_block(text, front_end, hosts, False))
    return files


def write(module: AnsibleModule, file: File) -> None:
    """Write or remove a file atomically: ssh may read it at any moment."""
    path = file.path.resolve()
    if file.after is None:
        path.unlink()
        return
    atomic_write.write(module, path, file.after)


def protect(module: AnsibleModule, path: Path, mode: int, owner: pwd.struct_passwd) -> bool:
    """Set owner and mode of a file or folder, as sshd requires. Returns whether they differed."""
    attributes = {"path": str(path), "owner": str(owner.pw_uid), "group": str(owner.pw_gid), "mode": mode}
    return bool(module.set_fs_attributes_if_different(module.load_file_common_arguments(attributes), False))


def difference(file: File) -> dict[str, str]:
    before, after = ((text or b"").decode(errors="replace") for text in (file.before, file.after))
    header = str(file.path)
    return {"before_header": header, "after_header": header, "before": before, "after": after}


def main() -> None:
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    user, state = module.params["user"], module.params["state"]
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        if state == "absent" or module.check_mode:
            module.exit_json(changed=state == "present", files=[], diff=[])
        module.fail_json(msg=f"there is no user {user} here: install the node package first")
    try:
        files = desired(module.params, Path(owner.pw_dir))
    except ValueError as error:
        module.fail_json(msg=f"authorized_keys: {error}")
    ssh = Path(owner.pw_dir) / ".ssh"
    if not module.check_mode and state == "present":
        ssh.mkdir(mode=0o700, exist_ok=True)
    changed = ssh.exists() and protect(module, ssh, 0o700, owner)
    differing = [file for file in files if file.before != file.after]
    for file in differing:
        if not module.check_mode:
            write(module, file)
    for file in files:
        if file.mode is not None and file.path.exists():
            changed |= protect(module, file.path, file.mode, owner)
    paths = [str(file.path) for file in differing]
    module.exit_json(changed=changed or bool(paths), files=paths, diff=[difference(file) for file in differing])


if __name__ == "__main__":
    main()
