# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What site.yml has made."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
from cloud import HYPERVISORS, Cloud
from testinfra.host import Host


def test_both_hosts_are_monitored_and_measured(cloud: Cloud) -> None:
    cloud.wait_until_monitored(time.time() - 120)
    hosts = cloud.hosts()
    assert hosts.keys() == HYPERVISORS.keys()
    assert {name: host.findtext("VM_MAD") for name, host in hosts.items()} == {"kvm1": "qemu", "lxc1": "lxc"}
    for host in hosts.values():
        assert int(host.findtext("HOST_SHARE/TOTAL_CPU", "0")) >= 100
        assert int(host.findtext("HOST_SHARE/TOTAL_MEM", "0")) > 0


def test_the_zone_is_reached_where_it_says(cloud: Cloud) -> None:
    endpoint = ET.fromstring(cloud.call("one.zone.info", 0)).findtext("TEMPLATE/ENDPOINT")
    assert endpoint == "http://opennebula-oned.opennebula.svc:2633/RPC2"


def test_what_the_inventory_declares_is_there(cloud: Cloud) -> None:
    assert {host.findtext("CLUSTER") for host in cloud.hosts().values()} == {"lab"}
    pool = ET.fromstring(cloud.call("one.clusterpool.info"))
    (lab,) = [cluster for cluster in pool if cluster.findtext("NAME") == "lab"]
    for element, method in {"DATASTORE": "one.datastorepool.info", "VNET": "one.vnpool.info"}.items():
        everyone = (-2, -1, -1) if element == "VNET" else ()
        found = {item.findtext("ID"): item.findtext("NAME") for item in ET.fromstring(cloud.call(method, *everyone))}
        inside = {found[item.text] for item in lab.findall(f"{element}S/ID")}
        assert inside == {"DATASTORE": {"system", "lab-images"}, "VNET": {"lab-private"}}[element]


PROGRAMS = (
    "ssh-agent",
    "oned",
    "reconcile",
    "scheduler",
    "hook-manager",
    "showback",
    "upload-cleaner",
    "ssh-socks-cleaner",
    "logs",
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_supervisord_keeps_every_program_running(front_end: Host, program: str) -> None:
    status = front_end.check_output("supervisorctl -c /etc/kubenebula/supervisord.conf status || test $? = 3")
    (line,) = [line for line in status.splitlines() if line.split()[0] == program]
    assert line.split()[1] == "RUNNING", line


def test_nothing_in_the_pod_is_root(front_end: Host) -> None:
    processes = front_end.check_output("grep -H ^Uid: /proc/[0-9]*/status 2>/dev/null").splitlines()
    assert len(processes) > 8
    assert {uid for line in processes for uid in line.split()[1:]} == {"9869"}
    assert "supervisord" in front_end.file("/proc/1/cmdline").content_string


def test_the_monitor_is_a_child_of_oned(front_end: Host) -> None:
    parents = front_end.check_output(
        "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q onemonitord"
        " && cat /proc/$(awk '/^PPid/{print $2}' $p/status)/cmdline | tr '\\0' ' '; done; true"
    )
    assert "oned -f" in parents


@pytest.mark.parametrize("name", HYPERVISORS)
def test_the_front_end_reaches_a_hypervisor_by_its_name(front_end: Host, name: str) -> None:
    strict = "-o BatchMode=yes -o StrictHostKeyChecking=yes"
    assert front_end.check_output(f"ssh {strict} {name} hostname") == name


def test_a_hypervisor_reaches_the_front_end_with_the_forwarded_agent(front_end: Host) -> None:
    """As the drivers do it: over a connection of their own, for a shared one forwards what its first user wanted."""
    strict = "-o BatchMode=yes -o StrictHostKeyChecking=yes"
    forward = "-o ForwardAgent=yes -o ControlMaster=no -o ControlPath=none"
    for name in HYPERVISORS:
        answer = front_end.check_output(f"ssh {forward} {strict} {name} ssh {strict} opennebula cat /etc/hostname")
        assert answer == "opennebula-oned-0"


def test_a_hypervisor_holds_the_public_key_and_no_private_one(hypervisor: Host, cloud: Cloud) -> None:
    authorized = hypervisor.file("/var/lib/one/.ssh/authorized_keys").content_string
    assert cloud.public_key().split()[1] in authorized
    assert hypervisor.run("grep -rl 'PRIVATE KEY' /var/lib/one").stdout == ""
    assert hypervisor.user("oneadmin").uid == hypervisor.group("oneadmin").gid == 9869


def test_a_hypervisor_never_trusts_on_sight(hypervisor: Host) -> None:
    """The package's own configuration accepts new keys; ours stands before it."""
    options = hypervisor.check_output("su oneadmin -c 'ssh -G opennebula'").splitlines()
    assert "stricthostkeychecking true" in options
    assert {"hostname 10.66.0.1", "port 30022", "hostkeyalias opennebula"} <= set(options)


def test_the_kvm_node_works(front_end: Host) -> None:
    assert "QEMU" in front_end.check_output("ssh -o BatchMode=yes kvm1 virsh -c qemu:///system version")


def test_the_chart_tests_itself(cloud: Cloud) -> None:
    assert "Succeeded" in cloud.helm("test", "opennebula")
