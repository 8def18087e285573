# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the front-end: its pods and programs, the API of oned, the logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks import ssh
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.evaluate import (
    FINE,
    NOT_CHECKED,
    Check,
    Finding,
    Site,
    address,
    failed,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host

_DEPLOY = "ansible-playbook playbooks/site.yml --tags control_plane"
# A program that is starting counts. If oned does not come up, the check api fails.
_RUNS = ("RUNNING", "STARTING")


def kubernetes(site: Site) -> Finding:
    if not site.problem:
        return FINE
    return failed(
        f"the API of the cluster cannot be used: {site.problem}",
        "set verify_kubeconfig and verify_context to those with which site.yml deploys",
    )


def pods(site: Site) -> Finding:
    if not site.pod:
        return failed(
            f"no pod of oned runs in the namespace {site.namespace}",
            f"set verify_namespace and verify_release to where the control plane is, or deploy it: {_DEPLOY}",
        )
    if site.pod_problems:
        return failed(f"pods are not ready: {'; '.join(site.pod_problems)}", f"{site.kubectl} describe pods")
    return FINE


def inside(site: Site) -> Finding:
    if site.seen:
        return FINE
    if not site.pod:
        return Finding(NOT_CHECKED, "it waits for pods")
    if "observe" in site.see_problem and "o such file" in site.see_problem:
        return failed(
            "the image of oned is older than this collection and cannot tell how the front-end is",
            "ansible-playbook playbooks/site.yml --tags images,control_plane",
        )
    return failed(
        f"commands cannot be run in the pod {site.pod}: {site.see_problem}",
        f"grant create on pods/exec in the namespace {site.namespace}",
    )


def programs(site: Site) -> Finding:
    down = [program for program in site.seen["programs"] if program["state"] not in _RUNS]
    if not down:
        return FINE
    states = ", ".join(f"{program['name']} is {program['state']}" for program in down)
    names = " ".join(program["name"] for program in down)
    return failed(
        f"programs of the front-end do not run: {states}",
        f"{site.inside} supervisorctl -c /etc/kubenebula/supervisord.conf start {names}",
    )


def api(site: Site) -> Finding:
    problem = site.seen["api"]["problem"]
    if not problem:
        return FINE
    return failed(f"oned does not answer: {problem}", f"{site.kubectl} logs {site.pod} -c oned")


def endpoint(site: Site) -> Finding:
    """The zone's ENDPOINT, from oned's pod and from FireEdge's, which reads everything it shows from there."""
    url = site.seen["api"]["endpoint"]
    service = f"http://{site.release}-oned.{site.namespace}.svc:2633/RPC2"
    remedy = f"set the zone's ENDPOINT to {service} with kubenebula.opennebula.one_zone, then restart FireEdge"
    if urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1"):
        return failed(f"the zone's ENDPOINT {url} leads every pod to itself", remedy)
    problem = site.seen["api"]["endpoint_problem"]
    if problem:
        return failed(f"the zone's ENDPOINT {url} does not answer in the cluster: {problem}", remedy)
    problem = (site.reached or {}).get(address(url), "")
    return failed(f"FireEdge does not reach the zone's ENDPOINT {url}: {problem}", remedy) if problem else FINE


def _outside(site: Site) -> Iterator[tuple[str, Any]]:
    """Places that have to name the monitor's port: a description of the place, and the value there."""
    container: list[Mapping[str, Any]] = []
    for pod in site.pods:
        if pod["metadata"]["name"] == site.pod:
            container = [port for one in pod["spec"]["containers"] for port in one.get("ports", [])]
    named = {port.get("name"): port["containerPort"] for port in container}
    service = next((s for s in site.services if s["metadata"]["name"] == f"{site.release}-hypervisors"), None)
    if service is None:
        for protocol in ("TCP", "UDP"):
            ports = [p for p in container if p.get("hostPort") and p.get("protocol", "TCP") == protocol]
            given = [p["hostPort"] for p in ports if str(p.get("name", "")).startswith("monitor")]
            yield f"the hostPort for {protocol} of the pod {site.pod}", given[0] if given else "missing"
        return
    name = service["metadata"]["name"]
    for protocol in ("TCP", "UDP"):
        ports = [
            port
            for port in service["spec"]["ports"]
            if port.get("protocol", "TCP") == protocol and str(port.get("name", "")).startswith("monitor")
        ]
        if not ports:
            yield f"the port for {protocol} of the Service {name}", "missing"
        for port in ports:
            if service["spec"]["type"] == "NodePort":
                yield f"the nodePort for {protocol} of the Service {name}", port.get("nodePort")
            else:
                yield f"the port for {protocol} of the Service {name}", port["port"]
            yield (
                f"the targetPort for {protocol} of the Service {name}",
                named.get(port["targetPort"], port["targetPort"]),
            )


def monitor_port(site: Site) -> Finding:
    """Probes learn the port on which the monitor listens, so the port outside has to be the same."""
    port = site.settings["monitor_port"]
    wrong = [f"{where} is {given}" for where, given in _outside(site) if str(given) != str(port)]
    if wrong:
        return failed(
            f"the monitor listens on port {port} and tells it to the hypervisors, but {', '.join(wrong)}",
            f"set control_plane_monitor_port and run {_DEPLOY}",
        )
    if site.settings["monitor_address"] == "auto":
        return failed(
            "MONITOR_ADDRESS is auto: hypervisors send to whatever address the front-end seems to come from",
            f"set control_plane_address and run {_DEPLOY}",
        )
    return FINE


def full_file_systems(systems: list[Mapping[str, Any]], least: float) -> str:
    """The file systems with less than `least` percent left, as a part of a sentence."""
    found = []
    for system in systems:
        if system["free"] < least:
            found.append(f"{system['path']} has {system['free']:.1f} % left")
        elif system["free_inodes"] < least:
            found.append(f"{system['path']} has {system['free_inodes']:.1f} % of its inodes left")
    return ", ".join(found)


def space(site: Site) -> Finding:
    full = full_file_systems(site.seen["space"], site.limits.space)
    if not full:
        return FINE
    return failed(
        f"disks of the front-end are full: {full}",
        "enlarge the PersistentVolumeClaims of the pod, or delete images and logs; "
        f"verify_min_free_percent is {site.limits.space:g}",
    )


def names(sign: Mapping[str, Any], hypervisor: str) -> bool:
    """Whether a line of the log is a message of ssh about a hypervisor."""
    return f"@{hypervisor}:" in sign["line"]


def _reported_elsewhere(site: Site, sign: Mapping[str, Any]) -> bool:
    """Whether a line names a host that oned has monitored since, or that the check of its state reports (ERROR)."""
    named = [found for found in site.seen["api"]["hosts"] if names(sign, found["name"])]
    return bool(named) and all(found["heard"] > sign["at"] or host.in_error(found["state"]) for found in named)


_SIGNS = {
    "permission denied (publickey": "run verify.yml without --limit: its checks of SSH say which key is missing where",
    "host key verification failed": "run verify.yml without --limit: its checks of SSH say which host key is not known",
    "database is locked": "SQLite cannot serve a cloud: move it to MariaDB (mariadb.enabled or externalDatabase in "
    "control_plane_values)",
}


def log(site: Site) -> Finding:
    """Warning signs in the logs that are recent and still matter."""
    recent = [
        s
        for s in site.seen["log"]
        if site.seen["now"] - s["at"] <= site.limits.log and not _reported_elsewhere(site, s)
    ]
    if not recent:
        return FINE
    last = recent[-1]
    return failed(
        f"the log says '{last['sign']}', last in {last['file']}: {last['line']}",
        _SIGNS[last["sign"].casefold()],
    )


# `exec` stands for everything that was observed inside the pod.
CHECKS = (
    Check("kubernetes", "services", kubernetes),
    Check("pods", "services", pods, ("kubernetes",)),
    Check("exec", "services", inside, ("kubernetes",)),
    Check("programs", "services", programs, ("exec",)),
    Check("api", "oned", api, ("exec",)),
    Check("endpoint", "oned", endpoint, ("api",)),
    Check("log", "oned", log, ("exec",)),
    Check("ssh_to_itself", "ssh", ssh.to_itself, ("exec",)),
    Check("ssh_agent", "ssh", ssh.agent, ("exec",)),
    Check("monitor_port", "monitor", monitor_port, ("exec",)),
    Check("space", "storage", space, ("exec",)),
)
