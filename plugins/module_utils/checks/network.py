# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a hypervisor's network, except SSH: names, monitoring, consoles and OneGate."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.evaluate import (
    FINE,
    Finding,
    Hypervisor,
    Site,
    failed,
    not_applicable,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.front_end import names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.ssh import onboard
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host

# A sample is late after twice its period, plus these seconds for the probes to run.
PROBE_SECONDS = 15
# A port without a console refuses connections, which shows that the port can be reached.
_OPEN = ("", "Connection refused")


def state(site: Site, hypervisor: Hypervisor) -> Finding:
    found = site.host(hypervisor.name)
    remedy = onboard(hypervisor.name, "registration")
    if found is None:
        return failed(f"{hypervisor.name} is not registered in oned", remedy)
    state_name = host.STATES[found["state"]] if 0 <= found["state"] < len(host.STATES) else f"UNKNOWN_{found['state']}"
    if state_name == "OFFLINE":
        return not_applicable(f"{hypervisor.name} is set offline in oned")
    if host.in_error(found["state"]):
        uptime = next((p["detail"] for p in site.seen["programs"] if p["name"] == "oned"), "").partition("uptime ")[2]
        said = [sign["line"] for sign in site.seen["log"] if names(sign, hypervisor.name)][-1:]
        return failed(
            f"oned has {hypervisor.name} in ERROR"
            + (f"; oned itself was started {uptime} ago" if uptime else "")
            + "".join(f"; its log said {line}" for line in said),
            f"{remedy}, which has oned probe it at once",
        )
    if state_name in ("INIT", "MONITORING_INIT"):
        return failed(f"oned has not monitored {hypervisor.name} yet, it is in {state_name}", remedy)
    return FINE


def monitoring(site: Site, hypervisor: Hypervisor) -> Finding:
    found = site.host(hypervisor.name)
    if found is None:
        return state(site, hypervisor)
    period = site.settings["sample_period"]
    age = site.seen["now"] - found["heard"]
    if age <= 2 * period + PROBE_SECONDS:
        return FINE
    since = f"for {age:.0f} s" if found["heard"] else "yet"
    again = f"onehost offline {hypervisor.name} && onehost enable {hypervisor.name}"
    return failed(
        f"monitoring is silent: oned has got no sample from {hypervisor.name} {since}, though one is due every "
        f"{period} s",
        f"{site.inside} sh -c '{again}' restarts its probes",
    )


def names_in_pods(site: Site, hypervisor: Hypervisor) -> Finding:
    """Pods resolve the name of the hypervisor, which SSH, migration and consoles use, to its address."""
    found = site.seen["names"][hypervisor.name]
    remedy = f"{onboard(hypervisor.name, 'ssh_trust')}, or with ssh_trust_name_resolution: dns correct the site's DNS"
    if not found["addresses"]:
        return failed(f"pods cannot resolve the name {hypervisor.name}: {found['problem']}", remedy)
    try:
        expected = ipaddress.ip_address(hypervisor.address)
    except ValueError:
        return FINE
    if expected in map(ipaddress.ip_address, found["addresses"]):
        return FINE
    return failed(
        f"pods resolve {hypervisor.name} to {', '.join(found['addresses'])}, not to {hypervisor.address}", remedy
    )


def names_on_host(site: Site, hypervisor: Hypervisor) -> Finding:
    """The hypervisor resolves the names of the front-end that the drivers and the probes use."""
    name, front_end, monitor = site.settings["hostname"], hypervisor.seen["front_end"], hypervisor.seen["monitor"]
    if front_end["problem"]:
        return failed(
            f"{hypervisor.name} cannot resolve {front_end['hostname']}, which the front-end's name {name} leads to: "
            f"{front_end['problem']}",
            f"{onboard(hypervisor.name, 'ssh_trust')}, with control_plane_address an address that resolves there",
        )
    if monitor["problem"] and site.settings["monitor_address"] != "auto":
        return failed(
            f"{hypervisor.name} cannot resolve MONITOR_ADDRESS {site.settings['monitor_address']}: "
            f"{monitor['problem']}",
            "set control_plane_address to an address that resolves there, and run playbooks/site.yml",
        )
    return FINE


def _open(site: Site, hypervisor: Hypervisor, way: str) -> str:
    return (
        f"let {hypervisor.name} reach {site.monitor} by {way} (firewalls of the hypervisor, the nodes and between, the "
        f"load balancer, the Service {site.release}-hypervisors)"
    )


def _monitor(site: Site, hypervisor: Hypervisor, way: str) -> Finding:
    problem = hypervisor.seen["monitor"][way]
    if problem:
        return failed(
            f"{hypervisor.name} cannot reach the monitor at {site.monitor} by {way.upper()}: {problem}",
            _open(site, hypervisor, way.upper()),
        )
    if site.arrived is None or not site.settings["arrivals_logged"]:
        if way == "tcp":
            return FINE
        return not_applicable(
            "the monitor does not log what arrives (LOG of monitord.conf: FILE, DEBUG_LEVEL 2 or more)"
        )
    if f"{hypervisor.name} {way}" in site.arrived:
        return FINE
    return failed(
        f"what {hypervisor.name} sent by {way.upper()} to {site.monitor} did not arrive at oned's monitor",
        _open(site, hypervisor, way.upper()),
    )


def monitor_tcp(site: Site, hypervisor: Hypervisor) -> Finding:
    return _monitor(site, hypervisor, "tcp")


def monitor_udp(site: Site, hypervisor: Hypervisor) -> Finding:
    return _monitor(site, hypervisor, "udp")


def console_targets(site: Site, hypervisor: Hypervisor) -> list[str]:
    """NAME:PORT of the consoles that FireEdge's pod has to reach: up to three open ones, else the first port."""
    ports = [console["port"] for console in hypervisor.seen.get("consoles", []) if console["everywhere"]]
    first: int = site.settings["console_start"]
    return [f"{hypervisor.name}:{port}" for port in (sorted(ports)[:3] or [first])]


def console(site: Site, hypervisor: Hypervisor) -> Finding:
    """guacd connects to the port of a virtual machine's console at the name of its hypervisor."""
    if site.reached is None:
        return not_applicable("FireEdge is not deployed")
    listening = hypervisor.seen["consoles"]
    alone = [str(console["port"]) for console in listening if not console["everywhere"]]
    if alone and len(alone) == len(listening):
        return failed(
            f"consoles on {hypervisor.name} listen on one address alone (port {', '.join(alone)})",
            "set LISTEN to 0.0.0.0 in the GRAPHICS of the templates of virtual machines",
        )
    for target in console_targets(site, hypervisor):
        problem = site.reached.get(target, "it was not tried")
        if problem and (listening or problem not in _OPEN):
            return failed(
                f"FireEdge's guacd does not reach the consoles at {target}: {problem}",
                f"let the cluster's nodes reach TCP ports {site.settings['console_start']} to 65535 of "
                f"{hypervisor.name}",
            )
    return FINE


def onegate(site: Site, hypervisor: Hypervisor) -> Finding:
    url = site.settings["onegate"]
    if not url:
        return not_applicable("OneGate is not deployed")
    try:
        if ipaddress.ip_address(urlsplit(url).hostname or "").is_link_local:
            return not_applicable("virtual machines reach OneGate through the proxy of their hypervisor")
    except ValueError:
        pass
    problem = hypervisor.seen["onegate"]
    if not problem:
        return FINE
    return failed(
        f"OneGate does not answer to {hypervisor.name} at {url}: {problem}",
        "let the networks of the hypervisors, and of their virtual machines where no proxy leads them, reach it, or "
        "correct control_plane_gate_address, which makes ONEGATE_ENDPOINT",
    )
