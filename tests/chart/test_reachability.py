# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Who may talk to whom: computed from the NetworkPolicies, and compared with what the documentation says."""

from __future__ import annotations

from typing import Any

from conftest import Helm, Objects, Values
from reachability import Table, documented

COMPONENT = "app.kubernetes.io/component"
STRANGER = {COMPONENT: "stranger", "app.kubernetes.io/name": "web"}
# who is none of ours: its labels, and how far away it is
STRANGERS = {
    "any pod of the namespace": (STRANGER, "namespace"),
    "any pod": (STRANGER, "cluster"),
    "anyone": (STRANGER, "outside"),
}
EVERYTHING: Values = {"exporter": {"enabled": True}}

Client = tuple[dict[str, str], str]


def workloads(objects: Objects) -> dict[str, dict[str, Any]]:
    """Return component -> pod template."""
    found = [
        item["spec"]["template"] for (kind, dummy), item in objects.items() if kind in ("Deployment", "StatefulSet")
    ]
    return {template["metadata"]["labels"][COMPONENT]: template for template in found}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, "this test knows matchLabels only"
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_meant(peer: dict[str, Any], client: Client) -> bool:
    """A peer without a selector of namespaces is of the policy's own."""
    labels, place = client
    assert peer.keys() <= {"podSelector", "namespaceSelector"}, "this test knows pods only"
    assert peer.get("namespaceSelector", {}) == {}, "this test knows this namespace and all of them"
    near = place == "namespace" or ("namespaceSelector" in peer and place == "cluster")
    return near and selects(peer.get("podSelector", {}), labels)


def lets_in(rule: dict[str, Any], client: Client, port: int, protocol: str) -> bool:
    """Return whether a rule allows it: no list of peers means all peers, no list of ports all ports."""
    peers, ports = rule.get("from"), rule.get("ports")
    from_there = not peers or any(is_meant(peer, client) for peer in peers)
    return from_there and (
        not ports or any((item["port"], item.get("protocol", "TCP")) == (port, protocol) for item in ports)
    )


def reachable(objects: Objects) -> Table:
    """Return (component, port and protocol) -> who may connect; a port that is closed has nobody."""
    pods = workloads(objects)
    policies = [item["spec"] for (kind, dummy), item in objects.items() if kind == "NetworkPolicy"]
    ours = {name: (template["metadata"]["labels"], "namespace") for name, template in pods.items()}
    ports = {
        (port["containerPort"], port.get("protocol", "TCP"))
        for template in pods.values()
        for container in template["spec"]["containers"]
        for port in container["ports"]
    } | {(22, "TCP"), (2102, "TCP"), (2617, "TCP"), (4822, "TCP")}
    table: Table = {}
    for name, template in pods.items():
        own = [policy for policy in policies if selects(policy["podSelector"], template["metadata"]["labels"])]
        rules = [rule for policy in own for rule in policy.get("ingress") or []]
        for port, protocol in ports:
            allowed = {
                client
                for client, who in (ours | STRANGERS).items()
                if not own or any(lets_in(rule, who, port, protocol) for rule in rules)
            }
            if allowed:
                widest = [{far} for far in ("anyone", "any pod") if far in allowed]
                table[name, f"{port} {protocol}"] = widest[0] if widest else allowed
    return table


def test_the_documentation_says_what_the_policies_do(helm: Helm) -> None:
    assert reachable(helm.objects(EVERYTHING)) == documented()


def test_a_pod_is_closed_by_default(helm: Helm) -> None:
    objects = helm.objects(EVERYTHING)
    for key in [key for key in objects if key[0] == "NetworkPolicy" and not key[1].endswith("-default")]:
        del objects[key]
    assert reachable(objects) == {}


def test_who_may_scrape_is_for_the_operator_to_say(helm: Helm) -> None:
    prometheus = [{"podSelector": {"matchLabels": {COMPONENT: "stranger"}}}]
    objects = helm.objects({"exporter": {"enabled": True, "networkPolicy": {"from": prometheus}}})
    assert reachable(objects)["exporter", "9925 TCP"] == {"any pod of the namespace"}


def test_the_policies_can_be_left_out(helm: Helm) -> None:
    objects = helm.objects({"global": {"networkPolicy": {"enabled": False}}})
    assert not [key for key in objects if key[0] == "NetworkPolicy"]
    assert reachable(objects)["oned", "2101 TCP"] == {"anyone"}
