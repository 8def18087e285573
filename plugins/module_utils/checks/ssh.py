# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of SSH, for each log-in of OpenNebula's drivers, with host keys that are known beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.evaluate import (
    FINE,
    NOT_CHECKED,
    Finding,
    Hypervisor,
    Site,
    failed,
    not_applicable,
)

# (pattern in the output of ssh, kind of problem, meaning). The first match counts.
_MEANINGS = (
    (re.compile(r"Permission denied"), "key", "refuses oneadmin's key: Permission denied (publickey)"),
    (re.compile(r"HOST IDENTIFICATION HAS CHANGED"), "host key", "shows another host key than the one that is known"),
    (re.compile(r"host key is known|Host key verification failed"), "host key", "shows a host key that is not known"),
    (re.compile(r"Could not resolve hostname"), "name", "has a name that does not resolve"),
    (re.compile(r"Connection refused"), "way", "takes no connection: Connection refused"),
    (re.compile(r"timed out|no answer within"), "way", "does not answer: Connection timed out"),
    (re.compile(r"No route to host|unreachable"), "way", "cannot be reached: No route to host"),
    (re.compile(r"Connection (closed|reset)"), "way", "closes the connection"),
)


def onboard(hypervisor: str, tag: str) -> str:
    return f"ansible-playbook playbooks/onboard.yml --limit {hypervisor} --tags {tag}"


def meaning(said: str) -> tuple[str, str]:
    """Kind of problem (key, host key, name, way or other) and meaning of the output of ssh."""
    for pattern, kind, text in _MEANINGS:
        if pattern.search(said):
            return kind, text
    return "other", f"ends the session: {said[-200:] or 'it says nothing'}"


def from_front_end(site: Site, hypervisor: Hypervisor) -> Finding:
    """front-end -> host"""
    login = site.seen["ssh"][hypervisor.name]
    if login["code"] == 0:
        return FINE
    kind, problem = meaning(login["said"])
    trust = onboard(hypervisor.name, "ssh_trust")
    remedies = {
        "key": trust,
        "host key": f"{trust} (check first that the hypervisor was really reinstalled)",
        "way": f"start sshd on {hypervisor.name} and let the cluster's nodes reach its port for SSH at "
        f"{hypervisor.address}; hypervisor_address and ansible_port say where that is",
    }
    return failed(f"{hypervisor.name} {problem}", remedies.get(kind, f"{site.inside} ssh -v {hypervisor.name}"))


def to_front_end(site: Site, hypervisor: Hypervisor) -> Finding:
    """host -> front-end, by HOSTNAME and with the forwarded agent of the front-end"""
    login = site.seen["ssh"][hypervisor.name]
    name = site.settings["hostname"]
    if not login["agent"]:
        return failed(
            f"sshd of {hypervisor.name} forwards no agent, without which no key leads back to {name}",
            f"set AllowAgentForwarding yes in the sshd_config of {hypervisor.name} and reload its sshd",
        )
    hop = login["hops"].get(name, {"code": 255, "said": "no answer within the time"})
    if hop["code"] == 0:
        return FINE
    kind, problem = meaning(hop["said"])
    front_end = hypervisor.seen.get("front_end", {})
    trust = onboard(hypervisor.name, "ssh_trust")
    remedies = {
        "key": f"{site.kubectl} delete pod {site.pod} (its sshd has another key than its agent)",
        "host key": trust,
        "name": trust,
        "way": f"let {hypervisor.name} reach TCP port {front_end.get('port', 22)} at "
        f"{front_end.get('hostname', name)}; control_plane_address and control_plane_ssh_port say where that is",
    }
    remedy = remedies.get(kind, f"on {hypervisor.name}: sudo -u oneadmin ssh -v {name}")
    return failed(f"seen from {hypervisor.name}, the front-end {name} {problem}", remedy)


def to_peers(site: Site, hypervisor: Hypervisor) -> Finding:
    """host -> host. A host that the front-end cannot reach either has a failure of its own and is skipped."""
    logins: Mapping[str, Any] = site.seen["ssh"]
    if not logins[hypervisor.name]["agent"]:
        return Finding(NOT_CHECKED, "it waits for ssh_to_front_end")
    hops = {
        peer: hop
        for peer, hop in logins[hypervisor.name]["hops"].items()
        if peer != site.settings["hostname"] and logins.get(peer, {"code": 0})["code"] == 0
    }
    broken = {peer: meaning(hop["said"]) for peer, hop in hops.items() if hop["code"] != 0}
    if broken:
        problems = "; ".join(f"{peer} {text}" for peer, (_kind, text) in broken.items())
        kinds = {kind for kind, _text in broken.values()}
        if kinds <= {"way"}:
            remedy = f"let {hypervisor.name} reach port 22 of {', '.join(broken)}"
        else:
            both = ",".join([hypervisor.name, *broken])
            remedy = f"ansible-playbook playbooks/onboard.yml --limit {both} --tags ssh_trust"
        return failed(f"seen from {hypervisor.name}, {problems}", remedy)
    return FINE if hops else not_applicable("there is no other hypervisor in its cluster to reach")


def to_itself(site: Site) -> Finding:
    """front-end -> front-end, as the transfer drivers log in"""
    login = site.seen["itself"]
    if login["code"] == 0:
        return FINE
    _kind, problem = meaning(login["said"])
    return failed(
        f"seen from itself, the front-end {site.settings['hostname']} {problem}",
        f"{site.kubectl} logs {site.pod} -c sshd, then {site.kubectl} delete pod {site.pod}",
    )


def agent(site: Site) -> Finding:
    if not site.seen["agent"]:
        return FINE
    return failed(
        f"the front-end's ssh-agent has no key to forward: {site.seen['agent']}",
        f"{site.inside} supervisorctl -c /etc/kubenebula/supervisord.conf restart ssh-agent",
    )
