# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host key of each hypervisor that the front-end publishes, with the address and port to reach the hypervisor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names

Identity = dict[str, Any]

# Which host keys are published: name in a hypervisor's facts -> key type in known_hosts. Only the first one that a
# hypervisor has is published: one key is enough for ssh, and the ConfigMap, which is limited to 1 MiB, has to hold some
# thousands of hypervisors.
KEY_FACTS = {"ed25519": "ssh-ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "ssh-rsa"}


def host_key(facts: Mapping[str, Any]) -> str | None:
    """Return type and text of the host key to publish, or None for a hypervisor whose facts have none."""
    for name, default_type in KEY_FACTS.items():
        key = facts.get(f"ssh_host_key_{name}_public")
        if key:
            return f"{facts.get(f'ssh_host_key_{name}_public_keytype', default_type)} {key}"
    return None


def hypervisor_identities(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Identity]:
    """Return name -> address, port and host key, from the variables and facts of the hypervisors that have answered."""
    identities = {}
    for hostvars in hosts:
        key = host_key(hostvars.get("ansible_facts", {}))
        if key is None:
            continue
        name = str(hostvars["inventory_hostname"])
        identities[name] = {
            "address": names.hypervisor_address(name, hostvars),
            "port": int(hostvars.get("ansible_port") or 22),
            "keys": [key],
        }
        if hostvars.get("ssh_trust_proxy_jump"):
            identities[name]["jump"] = str(hostvars["ssh_trust_proxy_jump"])
    return identities


class FilterModule:
    """Filters about host keys."""

    def filters(self) -> dict[str, Any]:
        return {"hypervisor_identities": hypervisor_identities}
