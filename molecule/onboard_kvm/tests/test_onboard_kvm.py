# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What onboarding has made of a KVM machine, and what it leaves alone."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from ansible.plugins.filter.core import to_uuid
from cloud import oned_container
from machines import changed, guest, machine, mended, onboard, said, tasks_of_the_first_run
from testinfra.host import Host

VIRSH = "virsh --connect qemu:///system"


@pytest.fixture(scope="module")
def kvm2() -> Host:
    return machine("kvm2")


@pytest.fixture
def running(kvm2: Host) -> Iterator[str]:
    """A virtual machine that runs, as one of OpenNebula's does."""
    guest("start", "kvm2", "one-7")
    yield "one-7"
    guest("stop", "kvm2", "one-7")


def test_it_took_few_tasks() -> None:
    assert 10 < tasks_of_the_first_run("kvm2") <= 20


def test_it_is_debian_13_and_monitored(kvm2: Host) -> None:
    assert (kvm2.system_info.distribution, kvm2.system_info.release.split(".")[0]) == ("debian", "13")
    listed = oned_container().check_output("onehost list")
    assert re.search(r"\bkvm2\b.*\bon\b", listed), listed


def test_only_the_bastion_leads_to_it() -> None:
    with pytest.raises(OSError):
        socket.create_connection(("10.66.0.13", 22), timeout=5)


def test_libvirt_is_the_hosts_own(kvm2: Host) -> None:
    assert to_uuid("kvm2") in kvm2.check_output(f"{VIRSH} capabilities")
    settings = kvm2.file("/etc/libvirt/libvirtd.conf").content_string
    assert len(re.findall(r"^host_uuid =", settings, re.MULTILINE)) == 1
    assert re.search(r'^log_filters = "3:rpc"$', settings, re.MULTILINE)
    assert kvm2.socket("unix:///run/libvirt/libvirt-sock").is_listening
    assert kvm2.service("libvirtd.socket").is_enabled


def test_oneadmin_runs_virtual_machines(kvm2: Host, running: str) -> None:
    """With the rights that its own session has."""
    assert running in kvm2.check_output(f"runuser -u oneadmin -- {VIRSH} list --name")
    port = kvm2.check_output(f"{VIRSH} vncdisplay {running}").strip().rpartition(":")[2]
    assert kvm2.socket(f"tcp://0.0.0.0:{5900 + int(port)}").is_listening


def test_the_default_network_is_off(kvm2: Host) -> None:
    network = kvm2.check_output(f"{VIRSH} net-info default")
    assert re.search(r"Active:\s+no", network) and re.search(r"Autostart:\s+no", network)


def test_the_rule_of_apparmor_outlives_upgrades(kvm2: Host) -> None:
    local = kvm2.file("/etc/apparmor.d/local/abstractions/libvirt-qemu")
    assert local.content_string == "/var/lib/one/datastores/** rwk,\n"
    assert "local/abstractions/libvirt-qemu" in kvm2.file("/etc/apparmor.d/abstractions/libvirt-qemu").content_string
    assert kvm2.run("dpkg -S /etc/apparmor.d/local/abstractions/libvirt-qemu").rc == 1


def test_the_agent_is_forwarded_for_oneadmin_alone(kvm2: Host) -> None:
    def forwarding(user: str) -> str:
        options = kvm2.check_output(f"sshd -T -C user={user},host=localhost,addr=127.0.0.1")
        return next(line for line in options.splitlines() if line.startswith("allowagentforwarding"))

    assert forwarding("oneadmin").endswith("yes")
    assert forwarding("root").endswith("no")
    strict = "-o BatchMode=yes -o StrictHostKeyChecking=yes"
    way = f"ssh -o ForwardAgent=yes -o ControlPath=none {strict} kvm2 ssh {strict} opennebula cat /etc/hostname"
    assert oned_container().check_output(way) == "opennebula-oned-0"


def test_datastores_are_folders_or_mounts_that_last(kvm2: Host) -> None:
    local = kvm2.file("/var/lib/one/datastores/0")
    assert (local.user, local.group, local.mode) == ("oneadmin", "oneadmin", 0o750)
    for number in (100, 101):
        mount = kvm2.mount_point(f"/var/lib/one/datastores/{number}")
        assert mount.exists and mount.filesystem == "tmpfs"
        assert f"/var/lib/one/datastores/{number} tmpfs size=16m" in kvm2.file("/etc/fstab").content_string


def test_sudo_knows_the_packages_commands_and_the_operators(kvm2: Host) -> None:
    allowed = kvm2.check_output("sudo -n -l -U oneadmin")
    assert "/usr/sbin/ip link *" in allowed and "/usr/bin/true" in allowed
    assert kvm2.check_output("runuser -u oneadmin -- sudo -n /usr/bin/true") == ""


def test_virtual_machines_are_disturbed_only_with_consent(kvm2: Host, running: str) -> None:
    wanted = {"hypervisor_libvirt_log_filters": "3:util", "hypervisor_install": False}
    done = onboard("kvm2", "--tags", "hypervisor", **wanted)
    assert (done.returncode, changed(done)) == (0, 0), done.stdout[-3000:]
    assert f"because they need a restart of libvirt and {running} run here" in said(done)
    assert "libvirt_restart to hypervisor_consent" in said(done)
    consent = {"hypervisor_consent": ["libvirt_restart", "fstab"]}
    done = onboard("kvm2", "--tags", "hypervisor", **wanted, **consent)
    assert (done.returncode, changed(done)) == (0, 2), done.stdout[-3000:]
    assert '"3:util"' in kvm2.check_output("grep ^log_filters /etc/libvirt/libvirtd.conf")
    # it outlives the restart
    assert kvm2.check_output(f"{VIRSH} domstate {running}").strip() == "running"


def test_what_somebody_has_changed_is_mended(kvm2: Host) -> None:
    """A machine that nobody has touched is not gone through again; a touched one is."""
    rule = "/etc/apparmor.d/local/abstractions/libvirt-qemu"
    done = mended(
        "kvm2",
        f"virsh net-autostart default; rm {rule}; umount /var/lib/one/datastores/100;"
        "gpasswd --delete oneadmin libvirt;"
        "systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket",
    )
    # those five, and a restart of libvirt
    assert (done.returncode, changed(done)) == (0, 6), done.stdout[-3000:]
    assert kvm2.socket("unix:///run/libvirt/libvirt-sock").is_listening
    assert kvm2.file(rule).content_string == "/var/lib/one/datastores/** rwk,\n"
    assert kvm2.mount_point("/var/lib/one/datastores/100").exists
    assert "libvirt" in kvm2.user("oneadmin").groups
    assert not kvm2.file("/etc/libvirt/qemu/networks/autostart/default.xml").exists


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ("useradd --uid 9869 --user-group backup9869", ["user backup9869 has the id 9869", "usermod -u"]),
        ("useradd --uid 4242 --user-group oneadmin", ["user oneadmin has the id 4242", "usermod -u 9869 oneadmin"]),
        (
            "echo AllowUsers root >/etc/ssh/sshd_config.d/50-hardening.conf",
            ["SSH server keeps oneadmin out", "allowusers"],
        ),
    ],
)
def test_a_machine_that_cannot_be_a_node_is_told_why_and_stays_as_it_was(owner: str, words: list[str]) -> None:
    bastion = machine("jump1")
    bastion.check_output(owner)
    try:
        done = onboard("jump1", "--tags", "hypervisor")
        assert done.returncode != 0 and changed(done) == 0
        assert all(word in said(done) for word in ["jump1 is not onboarded", *words]), done.stdout[-3000:]
        assert not bastion.file("/etc/apt/sources.list.d/opennebula.list").exists
    finally:
        bastion.run("userdel -r backup9869; userdel -r oneadmin; rm -f /etc/ssh/sshd_config.d/50-hardening.conf")


def test_a_machine_without_kvm_is_told_what_to_do() -> None:
    done = onboard("kvm2", "--tags", "hypervisor", hypervisor_type="kvm")
    assert done.returncode != 0 and changed(done) == 0
    assert re.search(r"kvm2 is not onboarded: .*(hypervisor_type: qemu|no /dev/kvm)", said(done))
