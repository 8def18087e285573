# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the front-end has to know of its hypervisors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import names

Identity = dict[str, Any]

# facts of a machine -> the type of its key in known_hosts
KEY_FACTS = {"ed25519": "ssh-ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "ssh-rsa"}


def hypervisor_identities(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Identity]:
    """Return name -> address, port and host keys, from the variables and facts of the machines."""
    identities = {}
    for hostvars in hosts:
        facts = hostvars.get("ansible_facts", {})
        keys = []
        for name, default_type in KEY_FACTS.items():
            key = facts.get(f"ssh_host_key_{name}_public")
            if key:
                keys.append(f"{facts.get(f'ssh_host_key_{name}_public_keytype', default_type)} {key}")
        machine = str(hostvars["inventory_hostname"])
        identities[machine] = {
            "address": names.hypervisor_address(machine, hostvars),
            "port": int(hostvars.get("ansible_port") or 22),
            "keys": keys,
        }
    return identities


def front_end_files(now: Mapping[str, Identity], before: Mapping[str, str]) -> dict[str, str]:
    """Return the files of the front-end's ConfigMap: those known before, with the given ones put in.

    The files are ``hypervisors.json``, from which the next run reads what is known, and what ssh reads.
    """
    known = {**json.loads(before.get("hypervisors.json", "{}")), **now}
    known_hosts = []
    stanzas = []
    for name, identity in sorted(known.items()):
        known_hosts += [f"{name} {key}" for key in identity["keys"]]
        if identity["port"] != 22:
            # with an alias, because ssh would look for the key under [name]:port
            stanzas.append(f"Host {name}\n  Port {identity['port']}\n  HostKeyAlias {name}\n")
    return {
        "hypervisors.json": json.dumps(known, indent=1, sort_keys=True),
        "known_hosts": "".join(f"{line}\n" for line in known_hosts),
        "ssh_config": "".join(stanzas),
    }


def hypervisor_services(hypervisors: Mapping[str, Identity], namespace: str, release: str) -> list[dict[str, Any]]:
    """Return a headless Service and an EndpointSlice for each machine: then its name resolves in the namespace."""
    objects: list[dict[str, Any]] = []
    for name, identity in sorted(hypervisors.items()):
        labels = {
            "app.kubernetes.io/part-of": "opennebula",
            "app.kubernetes.io/instance": release,
            "app.kubernetes.io/component": "hypervisor",
        }
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"clusterIP": "None"},
            }
        )
        objects.append(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": {**labels, "kubernetes.io/service-name": name},
                },
                "addressType": "IPv6" if ":" in identity["address"] else "IPv4",
                "endpoints": [{"addresses": [identity["address"]]}],
                "ports": [],
            }
        )
    return objects


def registrations(hosts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the module one_host takes as ``hosts``; a variable left out is an option left out."""
    options = {option: f"hypervisor_{option}" for option in ("type", "cluster", "labels", "template")}
    return [
        {
            "name": hostvars["inventory_hostname"],
            **{option: hostvars[variable] for option, variable in options.items() if variable in hostvars},
        }
        for hostvars in hosts
    ]


class FilterModule:
    """Filters about hypervisors."""

    def filters(self) -> dict[str, Any]:
        return {
            "hypervisor_identities": hypervisor_identities,
            "front_end_files": front_end_files,
            "hypervisor_services": hypervisor_services,
            "registrations": registrations,
        }
