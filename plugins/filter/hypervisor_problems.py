# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hypervisor_problems
author: KubeNebula contributors (@kubenebula)
version_added: 0.1.0
short_description: Find what is wrong with the hypervisors of an inventory
description:
  - Checks every hypervisor before anything is changed.
  - Returns one sentence for each problem, which says what to change.
options:
  _input:
    description:
      - Variables of each hypervisor, by inventory name. C(hypervisor_type), C(hypervisor_address) and C(ansible_host)
        are used, others are ignored.
    type: dict
    required: true
  name_resolution:
    description:
      - How pods resolve the names of hypervisors.
      - V(service) - by a headless Service of that name. Needs an IP address, and a name that is valid for a Service.
      - V(dns) - by the site's DNS.
    type: str
    choices: [service, dns]
    default: service
"""

EXAMPLES = r"""
- name: Check the inventory
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    hypervisors: "{{ dict(groups['hypervisors'] | zip(groups['hypervisors'] | map('extract', hostvars))) }}"
    problems: "{{ hypervisors | kubenebula.opennebula.hypervisor_problems(name_resolution='dns') }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem. Empty if there is none.
  type: list
  elements: str
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names

TYPES = ("kvm", "lxc", "qemu")


def hypervisor_problems(hypervisors: Mapping[str, Mapping[str, Any]], name_resolution: str = "service") -> list[str]:
    """One sentence for each problem of the hypervisors."""
    if name_resolution not in ("service", "dns"):
        raise AnsibleFilterError(f"hypervisor_problems: name_resolution is service or dns, not {name_resolution!r}")
    if not isinstance(hypervisors, Mapping):
        raise AnsibleFilterError("hypervisor_problems: the input is a dictionary of hypervisors by name")
    found: list[str] = []
    for name, variables in hypervisors.items():
        found += [problem for problem in (_type(name, variables), _name(name, name_resolution)) if problem]
        if name_resolution == "service" and _ip(names.hypervisor_address(name, variables)) is None:
            found.append(_no_ip(name, variables))
    alike = ", ".join(names.repeated([str(name) for name in hypervisors]))
    if alike:
        found.append(
            f"Hypervisors {alike} differ in capitals only, which OpenNebula does not tell apart: rename all but one."
        )
    return found + _shared(hypervisors)


def _type(name: str, variables: Mapping[str, Any]) -> str | None:
    value = variables.get("hypervisor_type")
    if value is None or value == "":
        return f"Hypervisor {name} has no hypervisor_type: set it to one of {', '.join(TYPES)}."
    if value not in TYPES:
        return f"Hypervisor {name} has hypervisor_type {str(value)!r}: it must be one of {', '.join(TYPES)}."
    return None


def _name(name: str, name_resolution: str) -> str | None:
    problem = names.host_name_problem(str(name))
    if problem is not None:
        return f"Hypervisor {name} cannot be registered under this name: {problem}. Rename it in the inventory."
    if name_resolution == "service" and not names.is_dns_label(str(name)):
        return (
            f"Hypervisor {name} cannot be the name of a Service, which is how pods resolve it (small letters, digits "
            "and '-', beginning with a letter): rename it in the inventory, or set ssh_trust_name_resolution: dns and "
            "have your DNS resolve it."
        )
    return None


def _ip(address: str) -> str | None:
    try:
        return ipaddress.ip_address(address).compressed
    except ValueError:
        return None


def _no_ip(name: str, variables: Mapping[str, Any]) -> str:
    for variable in ("hypervisor_address", "ansible_host"):
        if variables.get(variable):
            said = f"has {variable} {str(variables[variable])!r}, which is not an IP address"
            break
    else:
        said = "has no address"
    return (
        f"Hypervisor {name} {said}: set hypervisor_address to the IP address at which the cluster reaches it, or set "
        "ssh_trust_name_resolution: dns."
    )


def _shared(hypervisors: Mapping[str, Mapping[str, Any]]) -> list[str]:
    users: dict[str, list[str]] = {}
    for name, variables in hypervisors.items():
        address = names.hypervisor_address(name, variables)
        users.setdefault(_ip(address) or address.casefold(), []).append(str(name))
    return [
        f"Hypervisors {', '.join(sharing)} have the same address {address}: give each its own hypervisor_address or "
        "ansible_host."
        for address, sharing in users.items()
        if len(sharing) > 1
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hypervisor_problems": hypervisor_problems}
