# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the front-end and its hypervisors need to know of one another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names

Identity = dict[str, Any]

# The host keys that are published: name in the facts -> type in known_hosts. The first that a hypervisor has is used:
# ssh needs only one, and a ConfigMap of at most 1 MiB then has room for some thousands of hypervisors.
KEY_FACTS = {"ed25519": "ssh-ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "ssh-rsa"}


def _key(facts: Mapping[str, Any]) -> str | None:
    for name, default_type in KEY_FACTS.items():
        key = facts.get(f"ssh_host_key_{name}_public")
        if key:
            return f"{facts.get(f'ssh_host_key_{name}_public_keytype', default_type)} {key}"
    return None


def hypervisor_identities(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Identity]:
    """Return name -> address, port and host key, from the variables and facts of the hypervisors that were reached."""
    identities = {}
    for hostvars in hosts:
        key = _key(hostvars.get("ansible_facts", {}))
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


def _known(before: Mapping[str, str]) -> dict[str, Identity]:
    known: dict[str, Identity] = json.loads(before.get("hypervisors.json", "{}"))
    return known


def _stanza(name: str, identity: Identity, jump: bool) -> str:
    """What ssh needs to know of a hypervisor besides its key. Empty for most."""
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
    """Return the files of the front-end's ConfigMap: those of `before`, with hypervisors `now`, without those `gone`.

    The files are ``hypervisors.json``, from which the next run reads the known hypervisors, and those that ssh reads.
    extra: lines of known_hosts for other hosts.
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
    """Return the options of the module node_trust, the same for every node.

    files: as front_end_files returns them. public_keys: data of the ConfigMap of the public keys. name, address, port:
    of the front-end, as the nodes see it. hosts_file: whether nodes resolve one another in /etc/hosts.
    """
    known = _known(files)
    config = [
        f"Host {name}",
        f"  HostName {address}",
        f"  Port {port}",
        f"  HostKeyAlias {name}",
        "  KnownHostsCommand none",
        *"".join(_stanza(node, identity, False) for node, identity in sorted(known.items())).splitlines(),
        # Last, so that the operator's lines below the block belong to no node's stanza.
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
    """Return a headless Service and an EndpointSlice for each hypervisor, so that pods resolve its name."""
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
            "hypervisor_identities": hypervisor_identities,
            "front_end_files": front_end_files,
            "node_files": node_files,
            "hypervisor_services": hypervisor_services,
            "registrations": registrations,
        }
