# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The machines that were there before lxc2 know it by its name, and take nobody else for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloud import oned_container
from machines import machine
from testinfra.host import Host

ADDRESS, PORT = "10.66.0.14", 2222
# as a machine finds it that has been told of the name, be it by DNS
NAME = f"-o HostKeyAlias=lxc2 {ADDRESS}"
KNOWN = "/var/lib/one/.ssh/known_hosts.opennebula"
# over connections of its own: a shared one was let in before
FRESH = "-o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o ConnectTimeout=10"


@pytest.fixture(scope="module")
def lxc2() -> Iterator[Host]:
    """With a second sshd, on a port of which the cloud knows nothing."""
    host = machine("lxc2")
    host.check_output(f"/usr/sbin/sshd -p {PORT} -o PidFile=/run/sshd-other.pid")
    yield host
    host.check_output("kill $(cat /run/sshd-other.pid)")


def reach(place: str, target: str) -> tuple[int, str]:
    """Exit code and last words of a log-in to a target, as the drivers do it from a place."""
    command = f"ssh {FRESH} {target} hostname"
    if place != "front-end":
        command = f"ssh {FRESH} -o ForwardAgent=yes {place} {command}"
    done = oned_container().run(command)
    return done.rc, (done.stdout + done.stderr).strip()


@pytest.fixture
def another_key(lxc2: Host) -> Iterator[None]:
    """Somebody else answers at the addresses of lxc2."""
    keys = "/etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub"
    reload = "systemctl reload ssh; kill -HUP $(cat /run/sshd-other.pid); sleep 1"
    lxc2.check_output(f"tar -P -cf /root/keys.tar {keys}; rm {keys}; ssh-keygen -A; {reload}")
    yield
    lxc2.check_output(f"rm {keys}; tar -P -p -xf /root/keys.tar; rm /root/keys.tar; {reload}")


def test_a_machine_learns_of_one_that_came_later(lxc2: Host) -> None:
    kvm1 = machine("kvm1")
    line = " ".join(["lxc2", *lxc2.check_output("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2]])
    kvm1.check_output(f"sed -i '/^lxc2 /d' {KNOWN}")
    assert reach("kvm1", NAME) == (0, "lxc2")
    assert line in kvm1.file(KNOWN).content_string.splitlines()


@pytest.mark.parametrize("target", [ADDRESS, f"-p {PORT} {ADDRESS}"], ids=["address", "port"])
def test_nobody_vouches_for_an_address_or_another_port(lxc2: Host, target: str) -> None:
    code, said = reach("kvm1", target)
    assert code == 255 and "Host key verification failed" in said


@pytest.mark.parametrize("place", ["kvm1", "front-end"])
def test_another_key_is_refused(another_key: None, place: str) -> None:
    code, said = reach(place, NAME)
    assert code == 255 and "Host key verification failed" in said
