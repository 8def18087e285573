# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What onboarding has made of an LXC machine."""

from __future__ import annotations

import re
import subprocess

import pytest
from cloud import oned_container
from machines import changed, guest, machine, mended, onboard, said, tasks_of_the_first_run
from testinfra.host import Host

MOUNT = "/var/lib/one/datastores/100"


@pytest.fixture(scope="module")
def lxc2() -> Host:
    return machine("lxc2")


def test_it_took_few_tasks() -> None:
    assert 10 < tasks_of_the_first_run("lxc2") <= 20


def test_it_is_debian_13_and_monitored(lxc2: Host) -> None:
    assert (lxc2.system_info.distribution, lxc2.system_info.release.split(".")[0]) == ("debian", "13")
    listed = oned_container().check_output("onehost list")
    assert re.search(r"\blxc2\b.*\bon\b", listed), listed


def test_a_container_of_the_drivers_kind_runs(lxc2: Host) -> None:
    """Its root is the identity that the driver gives it, which LXC grants only to whom the identities are reserved."""
    guest("start", "lxc2", "one-8")
    try:
        assert "RUNNING" in lxc2.check_output("runuser -u oneadmin -- sudo -n lxc-info --name one-8 --state")
        process = lxc2.check_output("runuser -u oneadmin -- sudo -n lxc-info --name one-8 --pid --no-humanize").strip()
        assert lxc2.check_output(f"stat -c %u /proc/{process}") == "600100001"
    finally:
        guest("stop", "lxc2", "one-8")


def test_without_the_identities_it_would_not(lxc2: Host) -> None:
    lxc2.check_output("cp /etc/subuid /tmp/subuid && sed -i /^root:600100001:/d /etc/subuid")
    try:
        with pytest.raises(subprocess.CalledProcessError):
            guest("start", "lxc2", "one-9")
    finally:
        lxc2.run("cp /tmp/subuid /etc/subuid; umount /var/lib/lxc-one/one-9/rootfs; lxc-destroy --name one-9")
    assert lxc2.file("/etc/subuid").contains("^root:600100001:65536$")


def test_the_exporter_answers(lxc2: Host) -> None:
    assert lxc2.service("prometheus-node-exporter").is_enabled
    assert "node_memory_MemTotal_bytes" in lxc2.check_output("curl -fsS http://127.0.0.1:9100/metrics")


def test_a_mount_without_consent_is_not_in_fstab(lxc2: Host) -> None:
    assert lxc2.mount_point(MOUNT).exists
    assert MOUNT not in lxc2.file("/etc/fstab").content_string
    done = onboard("lxc2", "--tags", "hypervisor")
    assert (done.returncode, changed(done)) == (0, 0), done.stdout[-3000:]
    assert f"{MOUNT} is mounted until the next boot only" in said(done)


def test_what_somebody_has_changed_is_mended(lxc2: Host) -> None:
    done = mended(
        "lxc2",
        "systemctl disable --now prometheus-node-exporter; sed -i /^root:600100001:/d /etc/subgid;"
        "dpkg --force-depends --remove opennebula-node-lxc;"
        # a key that signed the repository once
        "echo older > /etc/apt/keyrings/opennebula.asc",
    )
    assert (done.returncode, changed(done)) == (0, 4), done.stdout[-3000:]
    assert lxc2.service("prometheus-node-exporter").is_enabled and lxc2.service("prometheus-node-exporter").is_running
    assert lxc2.file("/etc/subgid").contains("^root:600100001:65536$")
    assert lxc2.package("opennebula-node-lxc").is_installed


def test_what_is_there_and_does_not_work_is_noticed(lxc2: Host) -> None:
    """Though nothing that the role manages has changed."""
    lxc2.check_output("mv /usr/bin/bindfs /usr/bin/bindfs.away")
    done = onboard("lxc2", "--tags", "hypervisor")
    lxc2.check_output("mv /usr/bin/bindfs.away /usr/bin/bindfs")
    assert done.returncode != 0
    assert "lxc2 is not onboarded: there is no bindfs" in said(done)


def test_a_machine_whose_image_holds_the_packages_needs_no_repository(lxc2: Host) -> None:
    lxc2.check_output("mv /etc/apt/sources.list.d/opennebula.list /tmp/ && rm -rf /var/lib/apt/lists/*")
    done = onboard("lxc2", "--tags", "hypervisor", hypervisor_install=False)
    lxc2.check_output("mv /tmp/opennebula.list /etc/apt/sources.list.d/")
    assert (done.returncode, changed(done)) == (0, 0), done.stdout[-3000:]


def test_an_image_without_the_packages_is_noticed(lxc2: Host) -> None:
    lxc2.check_output("mv /usr/bin/bindfs /usr/bin/bindfs.away")
    done = onboard("lxc2", "--tags", "hypervisor", hypervisor_install=False)
    lxc2.check_output("mv /usr/bin/bindfs.away /usr/bin/bindfs")
    assert done.returncode != 0
    assert "lxc2 is not onboarded: there is no bindfs" in said(done)
