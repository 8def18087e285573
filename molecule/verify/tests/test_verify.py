# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Each test breaks parts of the cloud, checks that verify.yml reports these and nothing else, and repairs them.

Parts that one test breaks are independent: one on each of the two hypervisors, or several of the front-end.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloud import HYPERVISORS, Cloud, machine, wait

NODE = "10.66.0.1"
FRONT_END = "front-end"
ERROR = "3"
# (host, check) -> what its cause and its remedy have to say
Expected = dict[tuple[str, str], tuple[str, str]]


class Verification:
    """A run of verify.yml and what it found."""

    def __init__(self, cloud: Cloud, folder: Path, *arguments: str) -> None:
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        self.done = cloud.playbook("verify", "-e", f"verify_report={report}", *arguments)
        assert report.exists(), self.done.stdout[-3000:] + self.done.stderr
        self.report = json.loads(report.read_text())
        self.rows: list[dict[str, str]] = self.report["rows"]

    @property
    def failed(self) -> dict[tuple[str, str], dict[str, str]]:
        return {(row["host"], row["check"]): row for row in self.rows if row["status"] == "failed"}

    def is_exactly(self, expected: Expected) -> None:
        """Nothing else failed, each says why and what to do, the run says so, and it changed nothing."""
        assert self.failed.keys() == expected.keys(), self.failed
        for place, (cause, remedy) in expected.items():
            assert cause in self.failed[place]["cause"], self.failed[place]
            assert remedy in self.failed[place]["remedy"], self.failed[place]
            assert f"{place[0]}, {place[1]}: " in self.done.stdout
        assert self.done.returncode != 0 and not self.report["ok"]
        assert set(re.findall(r"changed=(\d+)", self.done.stdout)) == {"0"}


@contextmanager
def on(name: str, breaks: str, mends: str) -> Iterator[None]:
    """Something is broken on a machine."""
    host = machine(name)
    try:
        host.check_output(breaks)
        yield
    finally:
        host.check_output(mends)


def inside(cloud: Cloud, script: str) -> str:
    return cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "sh", "-c", script)


@contextmanager
def in_the_pod(cloud: Cloud, breaks: str, mends: str) -> Iterator[None]:
    try:
        inside(cloud, breaks)
        yield
    finally:
        inside(cloud, mends)


@contextmanager
def edited(name: str, files: str, change: str) -> Iterator[None]:
    """Files of a machine are changed by sed."""
    keep = f"tar -P -cf /root/kept.tar {files} && sed -i '{change}' {files}"
    with on(name, keep, "tar -P -p -xf /root/kept.tar && rm /root/kept.tar"):
        yield


@contextmanager
def rule(name: str, *rules: str) -> Iterator[None]:
    """The machine's firewall has rules more."""
    with on(
        name,
        " && ".join(f"iptables -w -I {rule}" for rule in rules),
        " && ".join(f"iptables -w -D {rule}" for rule in rules),
    ):
        yield


@contextmanager
def lost_on_the_way(rule: str) -> Iterator[None]:
    """A firewall between the machines and the node drops something: the sender does not notice."""
    command = ["iptables", "-w", "-t", "raw"]
    subprocess.run([*command, "-I", "PREROUTING", *rule.split(), "-j", "DROP"], check=True)
    try:
        yield
    finally:
        subprocess.run([*command, "-D", "PREROUTING", *rule.split(), "-j", "DROP"], check=True)


@contextmanager
def applied(cloud: Cloud, manifest: dict[str, Any]) -> Iterator[None]:
    text = json.dumps(manifest)
    try:
        cloud.kubectl("apply", "-f", "-", text=text)
        yield
    finally:
        cloud.kubectl("delete", "-f", "-", "--ignore-not-found", "--grace-period=0", "--force", text=text)


def inventory(folder: Path, hosts: dict[str, Any]) -> list[str]:
    """Arguments that add to the inventory."""
    path = folder / "more.yml"
    path.write_text(yaml.safe_dump({"hypervisors": {"hosts": hosts}}))
    return ["-i", str(path)]


def test_a_cloud_that_works(cloud: Cloud, tmp_path: Path) -> None:
    cloud.wait_until_monitored(time.time() - 30)
    run = Verification(cloud, tmp_path)
    assert run.done.returncode == 0 and run.report["ok"] and not run.failed
    checks = {(row["host"], row["check"]): row["status"] for row in run.rows}
    for host in HYPERVISORS:
        fine = {check for (place, check), status in checks.items() if place == host and status == "ok"}
        others = {check for (place, check), status in checks.items() if place == host and status != "ok"}
        # there is no /dev/kvm
        assert others == {"kvm"} and {"console", "onegate"} < fine and len(fine) == 18
    assert {status for (place, _check), status in checks.items() if place == FRONT_END} == {"ok"}
    assert set(re.findall(r"changed=(\d+)", run.done.stdout)) == {"0"}
    table = [line for line in run.done.stdout.splitlines() if re.match(r"\s*- '?(front-end|kvm1|lxc1) ", line)]
    assert len(table) == 3


def test_the_dynamic_inventory_does_as_well(cloud: Cloud, tmp_path: Path) -> None:
    source = tmp_path / "cloud.one_hosts.yml"
    source.write_text(
        yaml.safe_dump(
            {
                "plugin": "kubenebula.opennebula.one_hosts",
                "kubeconfig": "/var/lib/kubenebula-lab/admin.conf",
                "api_password": cloud.secret("opennebula-oneadmin")["password"],
                "compose": {
                    "ansible_host": repr(HYPERVISORS) + "[inventory_hostname]",
                    "ansible_user": "'root'",
                    "ansible_ssh_private_key_file": "'/var/lib/kubenebula-lab/ssh/id_ed25519'",
                    "ansible_ssh_common_args": "'-o UserKnownHostsFile=/var/lib/kubenebula-lab/ssh/known_hosts'",
                    "control_plane_kubeconfig": "'/var/lib/kubenebula-lab/admin.conf'",
                },
            }
        )
    )
    done = cloud.playbook("verify", "-e", "verify_hosts=all", inventory=str(source))
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"kvm1 +ok +ok", done.stdout) and re.search(r"lxc1 +ok +ok", done.stdout)


def test_the_ways_to_the_monitor(cloud: Cloud, tmp_path: Path) -> None:
    with (
        lost_on_the_way(f"-s {HYPERVISORS['kvm1']} -p udp --dport 30412"),
        rule("lxc1", "OUTPUT -p tcp --dport 30412 -j DROP"),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "monitor_udp"): (
                "by UDP to 10.66.0.1:30412 did not arrive",
                "let kvm1 reach 10.66.0.1:30412 by UDP",
            ),
            ("lxc1", "monitor_tcp"): ("by TCP: timed out", "let lxc1 reach 10.66.0.1:30412 by TCP"),
        }
    )


def test_keys_that_are_wrong(cloud: Cloud, tmp_path: Path) -> None:
    with (
        on("kvm1", "mv /var/lib/one/.ssh/authorized_keys /root/", "mv /root/authorized_keys /var/lib/one/.ssh/"),
        edited("lxc1", "/var/lib/one/.ssh/known_hosts*", "/^opennebula /s/AAAAIB*.*/AAAAI&/"),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "ssh_from_front_end"): ("Permission denied (publickey)", "--limit kvm1 --tags ssh_trust"),
            ("lxc1", "ssh_to_front_end"): ("host key", "--limit lxc1 --tags ssh_trust"),
        }
    )


def test_a_peer_out_of_reach_and_a_clock_ahead(cloud: Cloud, tmp_path: Path) -> None:
    # A container has its machine's clock; what the log-in reads there is ten minutes ahead.
    ahead = "printf '#!/bin/sh\\nexec faketime -f +10m /usr/bin/date.kept \"$@\"\\n'"
    with (
        rule("kvm1", f"OUTPUT -d {HYPERVISORS['lxc1']} -p tcp --dport 22 -j REJECT"),
        on(
            "lxc1",
            f"cp /usr/bin/date /usr/bin/date.kept && {ahead} > /usr/bin/date.new && chmod 755 /usr/bin/date.new"
            " && mv /usr/bin/date.new /usr/bin/date",
            "mv /usr/bin/date.kept /usr/bin/date",
        ),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "ssh_to_peers"): (
                "lxc1 takes no connection: Connection refused",
                "let kvm1 reach port 22 of lxc1",
            ),
            ("lxc1", "clock"): ("s ahead of the front-end's", "timedatectl set-ntp true"),
        }
    )
    assert 590 < int(re.findall(r"is (\d+) s ahead", run.failed["lxc1", "clock"]["cause"])[0]) < 620


def test_a_stopped_service_and_a_driver_without_rights(cloud: Cloud, tmp_path: Path) -> None:
    rules = "/etc/sudoers.d/opennebula-node-lxc"
    with (
        on("kvm1", "systemctl stop libvirtd.socket libvirtd.service", "systemctl start libvirtd.socket"),
        on("lxc1", f"mv {rules} /root/", f"mv /root/opennebula-node-lxc {rules}"),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "services"): ("libvirt does not run on kvm1", "systemctl enable --now libvirtd.socket"),
            ("lxc1", "driver"): ("oneadmin cannot run sudo -n lxc-ls on lxc1: sudo", "--limit lxc1 --tags hypervisor"),
        }
    )


def test_a_full_disk_and_a_datastore_that_is_not_mounted(cloud: Cloud, tmp_path: Path) -> None:
    path = "/var/lib/one/datastores"
    with (
        on(
            "kvm1",
            f"mount -t tmpfs -o size=1m,uid=9869,gid=9869 small {path} && ! cat /dev/zero > {path}/filled",
            f"umount {path}",
        ),
        on(
            "lxc1",
            f"cp -p /etc/fstab /etc/fstab.kept && echo 'nas:/one {path} nfs defaults 0 0' >> /etc/fstab",
            "mv /etc/fstab.kept /etc/fstab",
        ),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "space"): ("/var/lib/one/datastores has 0.0 % left", "verify_min_free_percent"),
            ("lxc1", "datastores"): ("in /etc/fstab of lxc1 but not mounted", f"mount {path}"),
        }
    )


def test_no_kvm_and_another_version(cloud: Cloud, tmp_path: Path) -> None:
    more = inventory(tmp_path, {"kvm1": {"hypervisor_type": "kvm"}})
    version = "/^Package: opennebula-node-lxc$/,/^$/s/^Version: .*/Version: 6.8.2-1/"
    with edited("lxc1", "/var/lib/dpkg/status", version):
        run = Verification(cloud, tmp_path, *more)
    run.is_exactly(
        {
            ("kvm1", "kvm"): ("there is no /dev/kvm on kvm1", "hypervisor_type: qemu"),
            ("lxc1", "packages"): ("opennebula-node-lxc is 6.8.2-1", "set hypervisor_version to 6.10.0.1"),
        }
    )


def test_a_missing_package_and_a_name_that_leads_nowhere(cloud: Cloud, tmp_path: Path) -> None:
    gone = "/^Package: opennebula-node-kvm$/,/^$/s/^Status: .*/Status: deinstall ok config-files/"
    with (
        edited("kvm1", "/var/lib/dpkg/status", gone),
        edited("lxc1", "/var/lib/one/.ssh/config", "s/HostName 10.66.0.1/HostName nowhere.invalid/"),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "packages"): ("not installed on kvm1: opennebula-node-kvm", "--limit kvm1 --tags hypervisor"),
            ("lxc1", "names_on_host"): ("lxc1 cannot resolve nowhere.invalid", "control_plane_address"),
        }
    )


def test_wrong_dns_and_an_agent_that_is_not_forwarded(cloud: Cloud, tmp_path: Path) -> None:
    def leads_to(address: str) -> None:
        patch = {"endpoints": [{"addresses": [address]}]}
        cloud.kubectl("patch", "endpointslice", "kvm1", "--type=merge", "-p", json.dumps(patch))
        # CoreDNS keeps answers for some seconds
        wait(lambda: address in inside(cloud, "getent hosts kvm1 || true"), 60)

    setting = "/etc/ssh/sshd_config.d/no-agent.conf"
    try:
        leads_to("10.66.0.99")
        with on(
            "lxc1",
            f"echo 'AllowAgentForwarding no' > {setting} && systemctl reload ssh",
            f"rm {setting} && systemctl reload ssh",
        ):
            run = Verification(cloud, tmp_path)
    finally:
        leads_to(HYPERVISORS["kvm1"])
    run.is_exactly(
        {
            ("kvm1", "names_in_pods"): ("pods resolve kvm1 to 10.66.0.99, not to 10.66.0.11", "the site's DNS"),
            ("lxc1", "ssh_to_front_end"): ("sshd of lxc1 forwards no agent", "AllowAgentForwarding yes"),
        }
    )


def test_the_ports_the_zone_and_the_agent_of_the_front_end(cloud: Cloud, tmp_path: Path) -> None:
    service = json.loads(cloud.kubectl("get", "service", "opennebula-hypervisors", "-o", "json"))
    numbers = [index for index, port in enumerate(service["spec"]["ports"]) if port["name"].startswith("monitor")]

    def node_port(port: int) -> None:
        patch = [{"op": "replace", "path": f"/spec/ports/{index}/nodePort", "value": port} for index in numbers]
        cloud.kubectl("patch", "service", "opennebula-hypervisors", "--type=json", "-p", json.dumps(patch))

    right = "http://opennebula-oned.opennebula.svc:2633/RPC2"
    try:
        node_port(30413)
        cloud.call("one.zone.update", 0, 'ENDPOINT = "http://localhost:2633/RPC2"', 1)
        with in_the_pod(cloud, "ssh-add -D", "ssh-add /etc/kubenebula/ssh/id_ed25519"):
            run = Verification(cloud, tmp_path)
    finally:
        node_port(30412)
        cloud.call("one.zone.update", 0, f'ENDPOINT = "{right}"', 1)
    run.is_exactly(
        {
            (FRONT_END, "monitor_port"): ("the nodePort for TCP", "control_plane_monitor_port"),
            (FRONT_END, "endpoint"): ("http://localhost:2633/RPC2 leads every pod to itself", right),
            (FRONT_END, "ssh_agent"): ("has no key to forward", "restart ssh-agent"),
        }
    )


def test_the_programs_the_logs_and_the_api_of_the_front_end(cloud: Cloud, tmp_path: Path) -> None:
    image = json.loads(cloud.kubectl("get", "pod", "opennebula-oned-0", "-o", "json"))["spec"]["containers"][0]["image"]
    control = "supervisorctl -c /etc/kubenebula/supervisord.conf"
    # what oned on SQLite says then
    locked = "$(date '+%a %b %e %H:%M:%S %Y') [Z0][ONE][E]: SQL command was: UPDATE pool, error: database is locked"
    auth = "/var/lib/one/.one/one_auth"
    with (
        in_the_pod(cloud, f"{control} stop scheduler", f"{control} start scheduler"),
        in_the_pod(
            cloud,
            f'echo "{locked}" >> /var/log/one/oned.log',
            # not by sed, which would put another file in its place
            "cd /var/log/one && grep -v 'database is locked' oned.log > /tmp/oned.log; cat /tmp/oned.log > oned.log",
        ),
        in_the_pod(
            cloud,
            "cd /var/lib/one/.ssh && cp -p config config.kept && sed -i 's/Port 2222/Port 2223/' config",
            "cd /var/lib/one/.ssh && mv config.kept config",
        ),
        in_the_pod(cloud, f"cp -p {auth} {auth}.kept && echo oneadmin:wrong > {auth}", f"mv {auth}.kept {auth}"),
        applied(cloud, pod("opennebula-broken", "broken", f"{image}-that-nobody-pushed")),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            (FRONT_END, "programs"): ("scheduler is STOPPED", "start scheduler"),
            (FRONT_END, "log"): ("database is locked", "MariaDB"),
            (FRONT_END, "ssh_to_itself"): ("Connection refused", "delete pod opennebula-oned-0"),
            (FRONT_END, "api"): ("User couldn't be authenticated", "logs opennebula-oned-0 -c oned"),
            (FRONT_END, "pods"): ("opennebula-broken/main: ", "describe pods"),
        }
    )


def pod(name: str, component: str, image: str) -> dict[str, Any]:
    """A pod of the cloud that does nothing."""
    labels = {"app.kubernetes.io/instance": "opennebula", "app.kubernetes.io/component": component}
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    main = {"name": "main", "image": image, "command": ["sleep", "600"], "securityContext": security}
    context = {"runAsUser": 9869, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [main], "securityContext": context, "terminationGracePeriodSeconds": 0},
    }


def test_consoles_and_onegate(cloud: Cloud, tmp_path: Path) -> None:
    """A machine that lets nobody look at screens, and a OneGate where nobody runs it."""
    moved = "sed -i '/^ONEGATE_ENDPOINT/s/:{}/:{}/' /run/one/oned.conf"
    with (
        rule("kvm1", "INPUT -p tcp --dport 5900 -j DROP"),
        in_the_pod(cloud, moved.format(30530, 5031), moved.format(5031, 30530)),
    ):
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "console"): ("does not reach the consoles at kvm1:5900: timed out", "5900 to 65535 of kvm1"),
            ("kvm1", "onegate"): (f"http://{NODE}:5031: Connection refused", "ONEGATE_ENDPOINT"),
            ("lxc1", "onegate"): (f"http://{NODE}:5031: Connection refused", "ONEGATE_ENDPOINT"),
        }
    )


def test_a_machine_out_of_ansibles_reach_and_one_that_is_not_registered(cloud: Cloud, tmp_path: Path) -> None:
    # new1 is lxc1 by another name: everything but the name and oned knows it
    new = {"ansible_host": HYPERVISORS["lxc1"], "hypervisor_type": "lxc"}
    more = inventory(tmp_path, {"kvm1": {"ansible_port": 2299}, "new1": new})
    run = Verification(cloud, tmp_path, *more)
    run.is_exactly(
        {
            ("kvm1", "reach"): ("Ansible cannot look at kvm1: ", "ansible_port"),
            ("new1", "state"): ("new1 is not registered in oned", "--limit new1 --tags registration"),
            ("new1", "names_in_pods"): ("pods cannot resolve the name new1", "--limit new1 --tags ssh_trust"),
        }
    )


@pytest.mark.parametrize(
    ("arguments", "check", "cause", "remedy"),
    [
        (
            ["-e", "verify_kubeconfig=/nowhere"],
            "kubernetes",
            "the API of the cluster cannot be used",
            "verify_kubeconfig",
        ),
        (["-e", "verify_release=other"], "pods", "no pod of oned runs in the namespace opennebula", "verify_release"),
    ],
)
def test_a_front_end_that_is_not_there(
    cloud: Cloud, tmp_path: Path, arguments: list[str], check: str, cause: str, remedy: str
) -> None:
    Verification(cloud, tmp_path, *arguments).is_exactly({(FRONT_END, check): (cause, remedy)})


def test_a_host_in_error_and_one_that_is_silent(cloud: Cloud, tmp_path: Path) -> None:
    """Both live on when what broke them is mended: oned looks at a host in ERROR every three minutes only."""
    probes = "/var/tmp/one/im"
    stopped = time.time()
    number = int(cloud.hosts()["kvm1"].findtext("ID", ""))
    keys = "authorized_keys"
    with on("lxc1", f"pkill -STOP -u oneadmin -f {probes}", f"pkill -CONT -u oneadmin -f {probes}"):
        with on("kvm1", f"mv /var/lib/one/.ssh/{keys} /root/", f"mv /root/{keys} /var/lib/one/.ssh/"):
            cloud.call("one.host.status", number, 2)
            cloud.call("one.host.status", number, 0)
            wait(lambda: cloud.hosts()["kvm1"].findtext("STATE") == ERROR, 60)
        # twice a sample's period in the lab, and the patience of the check
        time.sleep(max(0.0, stopped + 37 - time.time()))
        run = Verification(cloud, tmp_path)
    run.is_exactly(
        {
            ("kvm1", "state"): ("Permission denied (publickey", "--limit kvm1 --tags registration"),
            ("lxc1", "monitoring"): ("monitoring is silent: oned has got no sample from lxc1", "onehost enable lxc1"),
        }
    )
    assert "oned has kvm1 in ERROR; oned itself was started" in run.failed["kvm1", "state"]["cause"]
    done = cloud.playbook("onboard", "--limit", "kvm1", "--tags", "registration", "--skip-tags", "declare")
    assert done.returncode == 0, done.stdout[-3000:]


def test_all_of_it_is_mended(cloud: Cloud, tmp_path: Path) -> None:
    cloud.wait_until_monitored(time.time())
    run = Verification(cloud, tmp_path)
    assert run.done.returncode == 0 and not run.failed, run.failed
