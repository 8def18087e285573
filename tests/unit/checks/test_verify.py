# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How verify evaluates the observed state: one failed row, with a remedy, for each problem."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.filter import verify
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.front_end import CHECKS as FRONT_END
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.hypervisor import CHECKS as HYPERVISOR
from ansible_collections.kubenebula.opennebula.plugins.module_utils.checks.hypervisor import upstream

ROOT = Path(__file__).parents[3]
NOW = 1_795_380_000.0
ENDPOINT = "http://one-oned.cloud.svc:2633/RPC2"
UNIT = {"ActiveState": "active", "UnitFileState": "enabled", "ConditionResult": "yes"}


def pod(name: str, component: str, *containers: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": component, **labels}},
        "spec": {"containers": list(containers)},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def seen_hypervisor(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "account": {"uid": 9869, "gid": 9869, "groups": ["oneadmin"]},
        "front_end": {
            "hostname": "192.0.2.10",
            "port": 30022,
            "strict": True,
            "addresses": ["192.0.2.10"],
            "problem": "",
        },
        "monitor": {"addresses": ["192.0.2.10"], "problem": "", "tcp": "", "udp": ""},
        "onegate": "",
        "units": {"libvirtd.socket": dict(UNIT), "libvirtd.service": {**UNIT, "ActiveState": "inactive"}},
        "packages": {"opennebula-node-kvm": "6.10.0.1-1", "opennebula-common": "6.10.0.1-1.ce.el9"},
        "datastores": {
            "path": "/var/lib/one/datastores",
            "exists": True,
            "writable": True,
            "not_mounted": [],
            "inodes": {"/var/lib/one/datastores/100": 7},
        },
        "space": [{"path": "/", "free": 40.0, "free_inodes": 90.0}],
        "kvm": {"exists": True, "usable": True, "flags": True},
        "driver": {"command": "virsh -c qemu:///system version", "code": 0, "said": "QEMU 7.2"},
        "consoles": [{"port": 5901, "everywhere": True}],
    }


def login(*peers: str) -> dict[str, Any]:
    hops = {target: {"code": 0, "said": ""} for target in ("one", *peers)}
    return {"code": 0, "said": "", "agent": True, "skew": 0.2, "hops": hops}


def host(name: str, number: int, cluster: str = "default") -> dict[str, Any]:
    return {"name": name, "id": number, "state": 2, "cluster": cluster, "driver": "kvm", "heard": NOW - 90}


class Cloud:
    """A cloud that works, of which a test breaks something."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {
            "token": "abc",
            "now": NOW,
            "settings": {
                "hostname": "one",
                "zone": 0,
                "onegate": "http://192.0.2.10:5030",
                "datastores_path": "/var/lib/one/datastores",
                "console_start": 5900,
                "monitor_address": "192.0.2.10",
                "monitor_port": 30412,
                "sample_period": 120,
                "arrivals_logged": True,
            },
            "api": {
                "problem": "",
                "hosts": [host("kvm1", 0), host("kvm2", 1)],
                "datastores": [],
                "endpoint": ENDPOINT,
                "endpoint_problem": "",
            },
            "names": {name: {"addresses": [address], "problem": ""} for name, address in ADDRESSES.items()},
            "ssh": {"kvm1": login("kvm2"), "kvm2": login("kvm1")},
            "itself": login(),
            "version": "6.10.0.1-1",
            "programs": [{"name": "oned", "state": "RUNNING", "detail": "pid 9, uptime 1:02:03"}],
            "agent": "",
            "space": [{"path": "/var/lib/one", "free": 50.0, "free_inodes": 50.0}],
            "datastores": {"/var/lib/one/datastores/100": 7},
            "log": [],
        }
        self.arrived: list[str] | None = [f"{name} {way}" for name in ADDRESSES for way in ("tcp", "udp")]
        self.reached = {"kvm1:5901": "", "kvm2:5901": "", "one-oned.cloud.svc:2633": ""}
        self.pods = [
            pod("one-oned-0", "oned", {"name": "oned", "ports": [{"name": "monitor-tcp", "containerPort": 30412}]}),
            pod("one-fireedge-0", "fireedge", {"name": "fireedge"}),
        ]
        ports = [
            {"name": f"monitor-{protocol.lower()}", "protocol": protocol, "port": 30412, "targetPort": 30412}
            for protocol in ("TCP", "UDP")
        ]
        self.service: dict[str, Any] = {
            "metadata": {"name": "one-hypervisors"},
            "spec": {"type": "NodePort", "ports": [{**port, "nodePort": 30412} for port in ports]},
        }
        self.services = [self.service]
        self.results: dict[str, dict[str, Any]] = {}
        self.hypervisors = {name: seen_hypervisor("kvm") for name in ADDRESSES}
        self.variables: dict[str, dict[str, Any]] = {}
        self.limits = {"clock": 5, "space": 5, "log": 900}

    @property
    def look(self) -> dict[str, Any]:
        return {
            "namespace": "cloud",
            "release": "one",
            "pods": {"resources": self.pods},
            "services": {"resources": self.services},
            "site": {"stdout": json.dumps(self.seen)},
            "arrived": {"stdout": json.dumps({"arrived": self.arrived})},
            "reached": {"stdout": json.dumps(self.reached)},
            "limits": self.limits,
            **self.results,
        }

    @property
    def hostvars(self) -> list[dict[str, Any]]:
        return [
            {
                "inventory_hostname": name,
                "ansible_host": address,
                "__verify_hypervisor": {"hypervisor": self.hypervisors[name]},
                **self.variables.get(name, {}),
            }
            for name, address in ADDRESSES.items()
        ]

    def rows(self) -> list[dict[str, str]]:
        return verify.verify_rows(self.look, self.hostvars)

    def failed(self) -> list[tuple[str, str]]:
        return [(row["host"], row["check"]) for row in self.rows() if row["status"] == "failed"]


ADDRESSES = {"kvm1": "192.0.2.11", "kvm2": "192.0.2.12"}


def first(cloud: Cloud) -> dict[str, Any]:
    return cloud.hypervisors["kvm1"]


def hop(cloud: Cloud, target: str, said: str) -> None:
    cloud.seen["ssh"]["kvm1"]["hops"][target] = {"code": 255, "said": said}


def refuses(cloud: Cloud, said: str) -> None:
    cloud.seen["ssh"]["kvm1"] = {"code": 255, "said": said, "agent": False, "skew": None, "hops": {}}


CHANGED = "@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host key verification failed."
UNKNOWN = "No ED25519 host key is known for kvm1 and you have requested strict checking. Host key verification failed."
DENIED = "oneadmin@kvm1: Permission denied (publickey)."
SIGN = {"file": "oned.log", "sign": "Permission denied (publickey", "at": NOW - 60}

# what breaks, the row that fails, a part of the cause, a part of the remedy
BREAKAGES: list[tuple[Callable[[Cloud], Any], tuple[str, str], str, str]] = [
    # the front-end
    (
        lambda w: w.results.update(pods={"msg": "Forbidden"}, services={"msg": "Forbidden"}, site={}),
        ("front-end", "kubernetes"),
        "the API of the cluster cannot be used: Forbidden",
        "verify_kubeconfig",
    ),
    (lambda w: w.pods.clear(), ("front-end", "pods"), "no pod of oned runs", "verify_release"),
    (
        lambda w: w.pods.append(
            {
                **pod("one-flow-0", "flow"),
                "status": {
                    "phase": "Pending",
                    "containerStatuses": [{"name": "flow", "state": {"waiting": {"reason": "ErrImagePull"}}}],
                },
            }
        ),
        ("front-end", "pods"),
        "pods are not ready: one-flow-0/flow: ErrImagePull",
        "kubectl -n cloud describe pods",
    ),
    (
        lambda w: w.results.update(site={"msg": 'pods "one-oned-0" is forbidden'}),
        ("front-end", "exec"),
        "commands cannot be run in the pod one-oned-0",
        "pods/exec",
    ),
    (
        lambda w: w.results.update(site={"stderr": "can't open file '/usr/libexec/kubenebula/observe': No such file"}),
        ("front-end", "exec"),
        "the image of oned is older than this collection",
        "--tags images,control_plane",
    ),
    (
        lambda w: w.seen["programs"].append({"name": "scheduler", "state": "FATAL", "detail": ""}),
        ("front-end", "programs"),
        "programs of the front-end do not run: scheduler is FATAL",
        "start scheduler",
    ),
    (
        lambda w: w.seen["api"].update(problem="Connection refused", hosts=[], datastores=[]),
        ("front-end", "api"),
        "oned does not answer: Connection refused",
        "logs one-oned-0 -c oned",
    ),
    (
        lambda w: w.seen["api"].update(endpoint="http://localhost:2633/RPC2"),
        ("front-end", "endpoint"),
        "leads every pod to itself",
        ENDPOINT,
    ),
    (
        lambda w: w.seen["api"].update(endpoint_problem="timed out"),
        ("front-end", "endpoint"),
        "does not answer in the cluster: timed out",
        "one_zone",
    ),
    (
        lambda w: w.reached.update({"one-oned.cloud.svc:2633": "timed out"}),
        ("front-end", "endpoint"),
        f"FireEdge does not reach the zone's ENDPOINT {ENDPOINT}: timed out",
        "restart FireEdge",
    ),
    (
        lambda w: w.seen["log"].append({**SIGN, "line": "x: Permission denied (publickey)"}),
        ("front-end", "log"),
        "Permission denied (publickey",
        "without --limit",
    ),
    (
        lambda w: w.seen["log"].append({**SIGN, "sign": "Database is locked", "line": "Database is locked"}),
        ("front-end", "log"),
        "Database is locked",
        "mariadb.enabled",
    ),
    (
        lambda w: w.seen.update(
            itself={"code": 255, "said": "connect to host 127.0.0.1 port 2222: Connection refused"}
        ),
        ("front-end", "ssh_to_itself"),
        "seen from itself, the front-end one takes no connection",
        "-c sshd",
    ),
    (
        lambda w: w.seen.update(agent="The agent has no identities."),
        ("front-end", "ssh_agent"),
        "ssh-agent has no key to forward",
        "restart ssh-agent",
    ),
    (
        lambda w: w.service["spec"]["ports"][1].update(nodePort=31000),
        ("front-end", "monitor_port"),
        "the nodePort for UDP of the Service one-hypervisors is 31000",
        "control_plane_monitor_port",
    ),
    (
        lambda w: w.service["spec"].update(type="LoadBalancer", ports=w.service["spec"]["ports"][:1]),
        ("front-end", "monitor_port"),
        "the port for UDP of the Service one-hypervisors is missing",
        "control_plane_monitor_port",
    ),
    (
        lambda w: w.services.clear(),
        ("front-end", "monitor_port"),
        "the hostPort for TCP of the pod one-oned-0 is missing",
        "control_plane_monitor_port",
    ),
    (
        lambda w: w.seen["settings"].update(monitor_address="auto"),
        ("front-end", "monitor_port"),
        "MONITOR_ADDRESS is auto",
        "control_plane_address",
    ),
    (
        lambda w: w.seen["space"].append({"path": "/var/log/one", "free": 1.25, "free_inodes": 50.0}),
        ("front-end", "space"),
        "disks of the front-end are full: /var/log/one has 1.2 % left",
        "PersistentVolumeClaims",
    ),
    # a hypervisor as oned sees it
    (
        lambda w: w.variables.update(
            kvm1={"__verify_hypervisor": {"unreachable": True, "msg": "Connection timed out"}}
        ),
        ("kvm1", "reach"),
        "Ansible cannot look at kvm1: Connection timed out",
        "ansible_host",
    ),
    (
        lambda w: w.seen["api"]["hosts"].pop(0),
        ("kvm1", "state"),
        "kvm1 is not registered in oned",
        "--tags registration",
    ),
    (
        lambda w: w.seen["api"]["hosts"][0].update(state=3),
        ("kvm1", "state"),
        "oned has kvm1 in ERROR; oned itself was started 1:02:03 ago",
        "--tags registration",
    ),
    (
        lambda w: w.seen["api"]["hosts"][0].update(state=0),
        ("kvm1", "state"),
        "oned has not monitored kvm1 yet, it is in INIT",
        "--tags registration",
    ),
    (
        lambda w: w.seen["api"]["hosts"][0].update(heard=NOW - 256),
        ("kvm1", "monitoring"),
        "monitoring is silent: oned has got no sample from kvm1 for 256 s",
        "onehost enable kvm1",
    ),
    (
        lambda w: w.seen["api"]["hosts"][0].update(heard=0),
        ("kvm1", "monitoring"),
        "no sample from kvm1 yet",
        "onehost offline kvm1",
    ),
    # names
    (
        lambda w: w.seen["names"].update(kvm1={"addresses": [], "problem": "Name or service not known"}),
        ("kvm1", "names_in_pods"),
        "pods cannot resolve the name kvm1: Name or service not known",
        "--tags ssh_trust",
    ),
    (
        lambda w: w.seen["names"].update(kvm1={"addresses": ["192.0.2.99"], "problem": ""}),
        ("kvm1", "names_in_pods"),
        "pods resolve kvm1 to 192.0.2.99, not to 192.0.2.11",
        "DNS",
    ),
    (
        lambda w: first(w)["front_end"].update(hostname="one.invalid", problem="Name or service not known"),
        ("kvm1", "names_on_host"),
        "kvm1 cannot resolve one.invalid, which the front-end's name one leads to",
        "control_plane_address",
    ),
    (
        lambda w: first(w)["monitor"].update(problem="Name or service not known"),
        ("kvm1", "names_on_host"),
        "kvm1 cannot resolve MONITOR_ADDRESS 192.0.2.10",
        "control_plane_address",
    ),
    # SSH
    (lambda w: refuses(w, DENIED), ("kvm1", "ssh_from_front_end"), "Permission denied (publickey)", "--tags ssh_trust"),
    (
        lambda w: refuses(w, CHANGED),
        ("kvm1", "ssh_from_front_end"),
        "kvm1 shows another host key than the one that is known",
        "really reinstalled",
    ),
    (
        lambda w: refuses(w, UNKNOWN),
        ("kvm1", "ssh_from_front_end"),
        "kvm1 shows a host key that is not known",
        "--tags ssh_trust",
    ),
    (
        lambda w: refuses(w, "ssh: connect to host kvm1 port 22: Connection timed out"),
        ("kvm1", "ssh_from_front_end"),
        "kvm1 does not answer: Connection timed out",
        "hypervisor_address",
    ),
    (
        lambda w: refuses(w, "ssh: connect to host kvm1 port 22: No route to host"),
        ("kvm1", "ssh_from_front_end"),
        "kvm1 cannot be reached: No route to host",
        "start sshd on kvm1",
    ),
    (
        lambda w: refuses(w, "This account is currently not available."),
        ("kvm1", "ssh_from_front_end"),
        "kvm1 ends the session: This account is currently not available.",
        "ssh -v kvm1",
    ),
    (
        lambda w: w.seen["ssh"]["kvm1"].update(agent=False),
        ("kvm1", "ssh_to_front_end"),
        "sshd of kvm1 forwards no agent",
        "AllowAgentForwarding yes",
    ),
    (
        lambda w: hop(w, "one", DENIED),
        ("kvm1", "ssh_to_front_end"),
        "seen from kvm1, the front-end one refuses oneadmin's key",
        "delete pod one-oned-0",
    ),
    (lambda w: hop(w, "one", CHANGED), ("kvm1", "ssh_to_front_end"), "shows another host key", "--tags ssh_trust"),
    (
        lambda w: hop(w, "one", "connect to host 192.0.2.10 port 30022: Connection timed out"),
        ("kvm1", "ssh_to_front_end"),
        "the front-end one does not answer",
        "TCP port 30022 at 192.0.2.10",
    ),
    (
        lambda w: hop(w, "kvm2", "ssh: Could not resolve hostname kvm2: Name or service not known"),
        ("kvm1", "ssh_to_peers"),
        "seen from kvm1, kvm2 has a name that does not resolve",
        "--limit kvm1,kvm2 --tags ssh_trust",
    ),
    (
        lambda w: hop(w, "kvm2", "ssh: connect to host kvm2 port 22: Connection refused"),
        ("kvm1", "ssh_to_peers"),
        "seen from kvm1, kvm2 takes no connection: Connection refused",
        "let kvm1 reach port 22 of kvm2",
    ),
    # the monitor
    (
        lambda w: first(w)["monitor"].update(tcp="timed out"),
        ("kvm1", "monitor_tcp"),
        "kvm1 cannot reach the monitor at 192.0.2.10:30412 by TCP: timed out",
        "let kvm1 reach 192.0.2.10:30412 by TCP",
    ),
    (
        lambda w: w.arrived.remove("kvm1 tcp") if w.arrived else None,
        ("kvm1", "monitor_tcp"),
        "what kvm1 sent by TCP to 192.0.2.10:30412 did not arrive",
        "the Service one-hypervisors",
    ),
    (
        lambda w: w.arrived.remove("kvm1 udp") if w.arrived else None,
        ("kvm1", "monitor_udp"),
        "what kvm1 sent by UDP to 192.0.2.10:30412 did not arrive",
        "let kvm1 reach 192.0.2.10:30412 by UDP",
    ),
    # the machine
    (
        lambda w: first(w)["units"]["libvirtd.socket"].update(ActiveState="inactive"),
        ("kvm1", "services"),
        "libvirt does not run on kvm1",
        "systemctl enable --now libvirtd.socket",
    ),
    (
        lambda w: first(w)["units"].update({"chrony.service": {**UNIT, "ActiveState": "inactive"}}),
        ("kvm1", "services"),
        "services on kvm1 are set to run and do not: chrony.service",
        "systemctl restart chrony.service",
    ),
    (
        lambda w: first(w)["units"].update({"multipathd.service": {**UNIT, "ActiveState": "missing"}}),
        ("kvm1", "services"),
        "services are not installed on kvm1: multipathd.service",
        "verify_services",
    ),
    (
        lambda w: first(w)["driver"].update(code=1, said="error: authentication unavailable"),
        ("kvm1", "driver"),
        "oneadmin cannot run virsh -c qemu:///system version on kvm1: error: authentication unavailable",
        "--tags hypervisor",
    ),
    (
        lambda w: first(w)["packages"].update({"opennebula-node-kvm": None}),
        ("kvm1", "packages"),
        "packages are not installed on kvm1: opennebula-node-kvm",
        "--tags hypervisor",
    ),
    (
        lambda w: first(w)["packages"].update({"opennebula-node-kvm": "6.10.0-1"}),
        ("kvm1", "packages"),
        "packages on kvm1 differ from the front-end's 6.10.0.1: opennebula-node-kvm is 6.10.0-1",
        "hypervisor_version",
    ),
    (
        lambda w: w.seen["ssh"]["kvm1"].update(skew=-61.4),
        ("kvm1", "clock"),
        "the clock of kvm1 is 61 s behind the front-end's",
        "timedatectl set-ntp true",
    ),
    (
        lambda w: w.seen["ssh"]["kvm1"].update(skew=None),
        ("kvm1", "clock"),
        "the clock of kvm1 cannot be read",
        "date +%s.%N",
    ),
    (
        lambda w: first(w)["kvm"].update(exists=False, usable=False),
        ("kvm1", "kvm"),
        "there is no /dev/kvm on kvm1",
        "modprobe",
    ),
    (
        lambda w: first(w)["kvm"].update(exists=False, usable=False, flags=False),
        ("kvm1", "kvm"),
        "its processor shows no virtualization",
        "hypervisor_type: qemu",
    ),
    (
        lambda w: first(w)["kvm"].update(usable=False),
        ("kvm1", "kvm"),
        "oneadmin may not use /dev/kvm on kvm1",
        "--tags hypervisor",
    ),
    (
        lambda w: first(w)["datastores"].update(not_mounted=["/var/lib/one/datastores"]),
        ("kvm1", "datastores"),
        "in /etc/fstab of kvm1 but not mounted: /var/lib/one/datastores",
        "mount /var/lib/one/datastores",
    ),
    (
        lambda w: first(w)["datastores"].update(exists=False, writable=False),
        ("kvm1", "datastores"),
        "/var/lib/one/datastores does not exist on kvm1",
        "install -d -o oneadmin",
    ),
    (
        lambda w: first(w)["datastores"].update(writable=False),
        ("kvm1", "datastores"),
        "/var/lib/one/datastores cannot be written by oneadmin on kvm1",
        "install -d -o oneadmin",
    ),
    (
        lambda w: first(w)["account"].update(uid=1001),
        ("kvm1", "datastores"),
        "oneadmin is 1001:9869 on kvm1 and not 9869:9869",
        "before the node package",
    ),
    (
        lambda w: first(w)["datastores"]["inodes"].update({"/var/lib/one/datastores/100": 8}),
        ("kvm1", "datastores"),
        "/var/lib/one/datastores/100 on kvm1 is not the folder that the front-end has there",
        "mount the front-end's storage",
    ),
    (
        lambda w: first(w)["space"].append({"path": "/var/tmp", "free": 50.0, "free_inodes": 0.4}),
        ("kvm1", "space"),
        "disks of kvm1 are full: /var/tmp has 0.4 % of its inodes left",
        "verify_min_free_percent",
    ),
    (
        lambda w: w.reached.update({"kvm1:5901": "Connection refused"}),
        ("kvm1", "console"),
        "guacd does not reach the consoles at kvm1:5901: Connection refused",
        "5900 to 65535 of kvm1",
    ),
    (
        lambda w: (first(w).update(consoles=[]), w.reached.update({"kvm1:5900": "timed out"})),
        ("kvm1", "console"),
        "guacd does not reach the consoles at kvm1:5900: timed out",
        "let the cluster's nodes reach",
    ),
    (
        lambda w: first(w).update(consoles=[{"port": 5901, "everywhere": False}]),
        ("kvm1", "console"),
        "consoles on kvm1 listen on one address alone (port 5901)",
        "LISTEN to 0.0.0.0",
    ),
    (
        lambda w: first(w).update(onegate="timed out"),
        ("kvm1", "onegate"),
        "OneGate does not answer to kvm1 at http://192.0.2.10:5030: timed out",
        "ONEGATE_ENDPOINT",
    ),
]


def test_a_cloud_that_works_has_no_failure() -> None:
    rows = Cloud().rows()
    assert {row["status"] for row in rows} == {"ok"}
    assert [row["check"] for row in rows if row["host"] == "front-end"] == [check.name for check in FRONT_END]
    assert [row["check"] for row in rows if row["host"] == "kvm2"] == [check.name for check in HYPERVISOR]


@pytest.mark.parametrize(("breaks", "place", "cause", "remedy"), BREAKAGES)
def test_what_breaks_is_the_only_row_that_fails(
    breaks: Callable[[Cloud], Any], place: tuple[str, str], cause: str, remedy: str
) -> None:
    cloud = Cloud()
    breaks(cloud)
    failed = [row for row in cloud.rows() if row["status"] == "failed"]
    assert [(row["host"], row["check"]) for row in failed] == [place], failed
    assert cause in failed[0]["cause"] and remedy in failed[0]["remedy"], failed


def test_every_check_is_broken_by_a_test() -> None:
    broken = {check for _breaks, (_host, check), _cause, _remedy in BREAKAGES}
    assert broken == {check.name for check in (*FRONT_END, *HYPERVISOR)}


def test_every_message_stands_in_the_troubleshooting_page() -> None:
    """A heading is what people see, with words in capitals for what differs."""
    headings = re.findall(r"^### (.*)$", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)
    patterns = [re.sub(r"\b[A-Z][A-Z0-9_]{2,}\b", ".+", re.escape(heading)) for heading in headings]
    for breaks, _place, _cause, _remedy in BREAKAGES:
        cloud = Cloud()
        breaks(cloud)
        (cause,) = [row["cause"] for row in cloud.rows() if row["status"] == "failed"]
        assert any(re.search(pattern, cause, re.IGNORECASE) for pattern in patterns), cause


def test_what_is_unknown_is_not_a_failure() -> None:
    cloud = Cloud()
    cloud.arrived = None
    cloud.seen["settings"]["onegate"] = ""
    cloud.pods.pop()
    cloud.seen["api"]["hosts"][0]["state"] = 8
    cloud.seen["api"]["hosts"][1]["state"] = 4
    cloud.hypervisors["kvm1"]["type"] = "lxc"
    cloud.hypervisors["kvm1"]["units"] = {}
    statuses = {(row["host"], row["check"]): row["status"] for row in cloud.rows()}
    assert "failed" not in statuses.values()
    assert {check for (place, check), status in statuses.items() if place == "kvm1" and status == "not applicable"} == {
        *("state", "monitoring", "monitor_udp", "kvm", "console", "onegate")
    }
    assert statuses["kvm2", "state"] == statuses["kvm2", "monitoring"] == statuses["kvm1", "services"] == "ok"


def test_a_proxy_of_the_operators_own_is_not_asked() -> None:
    """Its address is answered inside the networks of virtual machines alone."""
    cloud = Cloud()
    cloud.seen["settings"]["onegate"] = "http://169.254.16.9:5030"
    cloud.hypervisors["kvm1"]["onegate"] = "timed out"
    assert [row["status"] for row in cloud.rows() if row["check"] == "onegate"] == ["not applicable"] * 2


def test_what_depends_on_something_broken_is_not_checked() -> None:
    cloud = Cloud()
    cloud.seen["ssh"]["kvm1"] = {"code": 255, "said": DENIED, "agent": False, "skew": None, "hops": {}}
    # kvm2 cannot reach kvm1 either, which is not a failure of kvm2
    cloud.seen["ssh"]["kvm2"]["hops"]["kvm1"] = {"code": 255, "said": DENIED}
    statuses = {(row["host"], row["check"]): row for row in cloud.rows() if row["status"] != "ok"}
    assert {place: row["status"] for place, row in statuses.items()} == {
        ("kvm1", "ssh_from_front_end"): "failed",
        ("kvm1", "ssh_to_front_end"): "not checked",
        ("kvm1", "ssh_to_peers"): "not checked",
        ("kvm1", "clock"): "not checked",
        ("kvm2", "ssh_to_peers"): "not applicable",
    }
    assert statuses["kvm1", "clock"]["cause"] == "it waits for ssh_from_front_end"


def test_a_sign_that_is_old_or_mended_does_not_count() -> None:
    cloud = Cloud()
    mended = {**SIGN, "line": "oneadmin@kvm1: Permission denied (publickey).", "at": NOW - 100}
    cloud.seen["log"] = [{**SIGN, "line": "x", "at": NOW - 901}, mended]
    assert cloud.failed() == []
    cloud.seen["api"]["hosts"][0]["heard"] = NOW - 101
    assert cloud.failed() == [("front-end", "log")]


def test_a_sign_about_a_host_in_error_is_reported_with_it() -> None:
    cloud = Cloud()
    cloud.seen["log"] = [{**SIGN, "line": "oneadmin@kvm1: Permission denied (publickey)."}]
    cloud.seen["api"]["hosts"][0].update(state=3, heard=0)
    (row,) = [row for row in cloud.rows() if row["status"] == "failed"]
    assert row["check"] == "state" and "oneadmin@kvm1: Permission denied (publickey)." in row["cause"]


def test_the_leaders_pod_is_looked_into() -> None:
    pods = [pod("one-oned-0", "oned", raft="follower"), pod("one-oned-1", "oned", raft="leader"), pod("db", "mariadb")]
    assert verify.front_end_pod({"resources": pods}) == "one-oned-1"
    waiting = copy.deepcopy(pods[0])
    waiting["status"]["conditions"][0]["status"] = "False"
    del pods[0]["metadata"]["labels"]["raft"]
    assert verify.front_end_pod({"resources": [waiting, pods[0]]}) == pods[0]["metadata"]["name"]
    assert verify.front_end_pod({"resources": []}) == verify.front_end_pod({"failed": True}) == ""


def test_the_pod_of_fireedge_tries_consoles_and_endpoint() -> None:
    cloud = Cloud()
    cloud.hypervisors["kvm2"]["consoles"] = []
    targets = verify.verify_targets(cloud.look, cloud.hostvars)
    assert targets == ["kvm1:5901", "kvm2:5900", "one-oned.cloud.svc:2633"]


def test_the_table_names_the_worst_of_a_column_and_lists_what_failed() -> None:
    cloud = Cloud()
    hop(cloud, "kvm2", "ssh: connect to host kvm2 port 22: Connection refused")
    lines = verify.verify_table(cloud.rows())
    columns = lines[0].split()
    cells = {line.split()[0]: dict(zip(columns, line.split()[1:], strict=True)) for line in lines[1:4]}
    assert {name for name, statuses in cells["kvm1"].items() if statuses == "FAILED"} == {"ssh"}
    assert set(cells["kvm2"].values()) == {"ok"} and cells["front-end"]["clock"] == "-"
    assert "48 ok, 1 failed" in lines
    assert "kvm1, ssh_to_peers: seen from kvm1, kvm2 takes no connection: Connection" in lines
    assert "remedy: let kvm1 reach port 22 of kvm2" in lines


@pytest.mark.parametrize("version", ["6.10.0.1-1", "6.10.0.1-1.ce.el9", "1:6.10.0.1-1", "6.10.0.1"])
def test_versions_are_compared_without_the_distributions_part(version: str) -> None:
    assert upstream(version) == "6.10.0.1"
