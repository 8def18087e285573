# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render what the front-end and the hypervisors store about each other, and what the module one_host takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# name of a hypervisor -> what host_keys.py returns for it
Identity = dict[str, Any]


def _known(before: Mapping[str, str]) -> dict[str, Identity]:
    known: dict[str, Identity] = json.loads(before.get("hypervisors.json", "{}"))
    return known


def _stanza(name: str, identity: Identity, jump: bool) -> str:
    """Return the ssh_config stanza of a hypervisor; empty unless it has another port or a jump host."""
    lines = []
    if identity["port"] != 22:
        # With an alias: else ssh looks for the key under [name]:port.
        lines += [f"  Port {identity['port']}", f"  HostKeyAlias {name}"]
    if jump and "jump" in identity:
        lines.append(f"  ProxyJump {identity['jump']}")
    return "\n".join([f"Host {name}", *lines, ""]) if lines else ""


def front_end_files(
    now: Mapping[str, Identity],
    before: Mapping[str, str],
    gone: Sequence[str] = (),
    extra: Sequence[str] = (),
) -> dict[str, str]:
    """Return the files of the front-end's ConfigMap: those it has, with some hypervisors merged in and others removed.

    The files are ``hypervisors.json``, which the next run reads, and known_hosts and ssh_config for ssh. extra: lines
    of known_hosts for other machines.
    """
    known = {name: identity for name, identity in {**_known(before), **now}.items() if name not in gone}
    lines = [f"{name} {key}" for name, identity in sorted(known.items()) for key in identity["keys"]]
    return {
        "hypervisors.json": json.dumps(known, indent=1, sort_keys=True),
        "known_hosts": "".join(f"{line}\n" for line in [*lines, *extra]),
        "ssh_config": "".join(_stanza(name, identity, True) for name, identity in sorted(known.items())),
    }


def node_files(
    files: Mapping[str, str],
    public_keys: Mapping[str, str],
    name: str,
    address: str,
    port: int,
    hosts_file: bool = True,
) -> dict[str, Any]:
    """Return the options of the module node_trust, the same for every hypervisor.

    files: as front_end_files returns them. public_keys: data of the ConfigMap of the public keys. name, address, port:
    of the front-end, as the hypervisors see it. hosts_file: whether hypervisors find one another in /etc/hosts.
    """
    known = _known(files)
    config = [
        f"Host {name}",
        f"  HostName {address}",
        f"  Port {port}",
        f"  HostKeyAlias {name}",
        "  KnownHostsCommand none",
        *"".join(_stanza(machine, identity, False) for machine, identity in sorted(known.items())).splitlines(),
        # Last, so that options of the operator further down in the file apply to all hosts, not to one stanza.
        "Host *",
        "  StrictHostKeyChecking yes",
        "  UserKnownHostsFile ~/.ssh/known_hosts.opennebula ~/.ssh/known_hosts",
        f"  KnownHostsCommand /var/lib/one/.ssh/known-hosts-command {name} %I %H %t %K",
        "  UpdateHostKeys no",
    ]
    nodes = [f"{identity['address']} {node}" for node, identity in sorted(known.items())]
    return {
        "authorized_keys": public_keys["authorized_keys"].splitlines(),
        "known_hosts": public_keys["known_hosts"] + files["known_hosts"],
        "ssh_config": "\n".join(config) + "\n",
        "hosts": "\n".join(nodes) + "\n" if hosts_file and nodes else "",
    }


def hypervisor_services(hypervisors: Mapping[str, Identity], namespace: str, release: str) -> list[dict[str, Any]]:
    """Return a headless Service and an EndpointSlice for each hypervisor: pods in the namespace resolve its name."""
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
    """Return the option ``hosts`` of the module one_host. A variable left out is an option left out."""
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
            "front_end_files": front_end_files,
            "node_files": node_files,
            "hypervisor_services": hypervisor_services,
            "registrations": registrations,
        }
