# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of docs/network.md, proved by packets: every client tries every port, and gets through where it may."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from cloud import NAMESPACE, Cloud, machine, wait
from reachability import documented

# a pod of the release that no row names, and one of another namespace; both hold nothing
NOBODY, STRANGER, HYPERVISOR = "nobody", "stranger", "kvm1"
# one of each pod that no row names
CLOSED = ("22 TCP", "22 UDP")
# what a packet meets: a program, a pod without a program at that port, or nothing at all
OPEN, REACHED, SILENT = "open", "reached", "silent"
MONITOR, MONITOR_LOG = ("oned", "30412 UDP"), "/var/log/one/monitor.log"

# component, port and protocol
Target = tuple[str, str]

# The monitor logs a datagram. Where no program listens the first one is answered by ICMP, and the second one fails.
TRY = """
try() {
  local said status=0
  case $3 in
    TCP) said=$(timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) || status=$? ;;
    UDP) said=$(exec 3<>"/dev/udp/$1/$2"; { echo "$4" >&3; sleep 1; echo "$4" >&3; } 2>&1) || status=$? ;;
  esac
  case $3.$status.$said in
    TCP.0.*) echo "$1 $2 $3 open" ;;
    TCP.124.* | UDP.0.*) echo "$1 $2 $3 silent" ;;
    *"Connection refused"*) echo "$1 $2 $3 reached" ;;
    *) echo "$1 $2 $3 $said" ;;
  esac
}
"""


@dataclass(frozen=True)
class Pod:
    namespace: str
    name: str
    ip: str


@contextmanager
def probe(cloud: Cloud, namespace: str, name: str, labels: dict[str, str]) -> Iterator[None]:
    """A pod with a shell."""
    restricted = {"runAsNonRoot": True, "runAsUser": 9869, "seccompProfile": {"type": "RuntimeDefault"}}
    restricted |= {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "shell", "image": "10.66.0.1:5000/lab/debian:12", "command": ["sleep", "infinity"]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container | {"securityContext": restricted}]},
    }
    remove = ["-n", namespace, "delete", "pod", name, "--ignore-not-found", "--force", "--grace-period=0"]
    cloud.kubectl(*remove)
    cloud.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(pod))
    try:
        cloud.kubectl("-n", namespace, "wait", "--for=condition=Ready", "--timeout=60s", f"pod/{name}")
        yield
    finally:
        cloud.kubectl(*remove, "--wait=false")


@pytest.fixture(scope="module")
def pods(cloud: Cloud) -> Iterator[dict[str, Pod]]:
    """A pod of each component, and the two probes, by what the table calls them."""
    release = {"app.kubernetes.io/name": "opennebula", "app.kubernetes.io/instance": "opennebula"}
    component = "app.kubernetes.io/component"
    with (
        probe(cloud, NAMESPACE, NOBODY, release | {component: NOBODY}),
        probe(cloud, "default", STRANGER, {component: STRANGER}),
    ):
        selector = f"{component} in ({', '.join(sorted({to for to, _port in documented()} | {NOBODY, STRANGER}))})"
        found = json.loads(cloud.kubectl("get", "pods", "--all-namespaces", "-l", selector, "-o", "json"))["items"]
        yield {
            pod["metadata"]["labels"][component]: Pod(
                pod["metadata"]["namespace"], pod["metadata"]["name"], pod["status"]["podIP"]
            )
            for pod in found
            if pod["metadata"]["namespace"] in (NAMESPACE, "default") and "deletionTimestamp" not in pod["metadata"]
        }


def run(cloud: Cloud, pods: dict[str, Pod], client: str, script: str) -> str:
    if client == HYPERVISOR:
        return str(machine(client).check_output("bash -c %s", script))
    pod = pods[client]
    return cloud.kubectl("-n", pod.namespace, "exec", pod.name, "--", "bash", "-c", script)


def met(
    cloud: Cloud, pods: dict[str, Pod], clients: list[str], targets: list[Target], word: str = "hello"
) -> dict[tuple[str, Target], str]:
    """Return (client, target) -> what packets meet, all sent at once. A pod's packets to itself do not leave it."""
    by_address = {f"{pods[to].ip} {port}": (to, port) for to, port in targets}

    def answers(client: str) -> list[str]:
        tries = [f"try {address} '{word} {client}' &" for address, (to, _port) in by_address.items() if to != client]
        return run(cloud, pods, client, "\n".join([TRY, *tries, "wait"])).splitlines()

    with ThreadPoolExecutor(len(clients)) as threads:
        said = zip(clients, threads.map(answers, clients), strict=True)
        words = [(client, line.split(" ", 3)) for client, lines in said for line in lines]
    return {(client, by_address[" ".join(address)]): answer for client, (*address, answer) in words}


def may(client: str, sources: set[str]) -> bool:
    return bool(sources & {"anyone", client}) or ("any pod" in sources and client != HYPERVISOR)


def test_every_client_gets_through_where_the_table_says_so_and_nowhere_else(cloud: Cloud, pods: dict[str, Pod]) -> None:
    table = documented()
    assert {to for to, _port in table} == pods.keys() - {NOBODY, STRANGER}
    assert set.union(*table.values()) <= {*pods, "anyone", "any pod"}
    clients = [*pods, HYPERVISOR]
    targets = [*table, *((to, port) for to in pods.keys() - {STRANGER} for port in CLOSED)]
    word = secrets.token_hex(8)

    found = met(cloud, pods, clients, targets, word)
    # which receives and does not answer
    log = cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "cat", MONITOR_LOG)
    for client in clients:
        if (client, MONITOR) in found and f"Received UNDEFINED msg: {word} {client}\n" in log:
            found[client, MONITOR] = OPEN

    expected = {
        (client, target): OPEN if may(client, table.get(target, set())) else SILENT
        for client in clients
        for target in targets
        if target[0] != client
    }
    assert found == expected


@contextmanager
def without(cloud: Cloud, policy: str) -> Iterator[None]:
    """A NetworkPolicy is taken away for a while."""
    found = json.loads(cloud.kubectl("get", "networkpolicy", policy, "-o", "json"))
    for key in ("creationTimestamp", "generation", "resourceVersion", "uid"):
        del found["metadata"][key]
    cloud.kubectl("delete", "networkpolicy", policy)
    try:
        yield
    finally:
        cloud.kubectl("create", "-f", "-", text=json.dumps(found))


def test_what_a_policy_refuses_passes_without_it(cloud: Cloud, pods: dict[str, Pod]) -> None:
    """Of a pod that only the policy for all pods of the release is about."""

    def answers(answer: str) -> bool:
        targets = [(NOBODY, port) for port in CLOSED]
        return set(met(cloud, pods, [STRANGER, HYPERVISOR], targets).values()) == {answer}

    assert answers(SILENT)
    with without(cloud, "opennebula-default"):
        wait(lambda: answers(REACHED), 20)
    wait(lambda: answers(SILENT), 20)
