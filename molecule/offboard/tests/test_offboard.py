# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A machine leaves the cloud, and nothing of it stays in oned, in the cluster, or on the machine."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from conftest import Cloud, machine
from testinfra.host import Host

SSH = "/var/lib/one/.ssh"
MINE = "ssh-rsa AAAAmine operator@desk\n"


def flat(done: subprocess.CompletedProcess[str]) -> str:
    """What a playbook said, in one line."""
    return " ".join(done.stdout.split())


def published(cloud: Cloud) -> dict[str, str]:
    data: dict[str, str] = json.loads(cloud.kubectl("get", "configmap", "opennebula-hypervisors", "-o", "json"))["data"]
    return data


def names_in_pods(cloud: Cloud) -> set[str]:
    selector = "app.kubernetes.io/component=hypervisor"
    found = cloud.kubectl("get", "services,endpointslices", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}")
    return set(found.split())


def trust(host: Host) -> dict[str, str]:
    """What a machine holds of the cloud: file and content."""
    paths = ("authorized_keys", "config", "known_hosts.opennebula", "known-hosts-command")
    files = [host.file(f"{SSH}/{name}") for name in paths] + [host.file("/etc/hosts")]
    return {file.path: file.content_string for file in files if file.exists}


def onboard_again(cloud: Cloud, name: str) -> None:
    done = cloud.playbook("onboard", "--limit", name)
    assert done.returncode == 0, done.stdout[-3000:]
    cloud.wait_until_monitored(time.time())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the machines that leave the cloud"),
        (["--limit", "all"], "all is every hypervisor of the inventory"),
        (["--limit", "kvm1,lxc1"], "say -e offboard_all=true when the whole cloud is meant"),
    ],
)
def test_nobody_offboards_everything_by_accident(cloud: Cloud, arguments: list[str], sentence: str) -> None:
    done = cloud.playbook("offboard", *arguments)
    assert done.returncode != 0 and sentence in flat(done)
    assert cloud.hosts().keys() == {"kvm1", "lxc1"}


def test_check_mode_changes_nothing(cloud: Cloud) -> None:
    before = published(cloud), names_in_pods(cloud), trust(machine("lxc1")), cloud.hosts().keys()
    done = cloud.playbook("offboard", "--limit", "lxc1", "--check", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "-    lxc1:" in done.stdout
    assert (published(cloud), names_in_pods(cloud), trust(machine("lxc1")), cloud.hosts().keys()) == before


def test_a_machine_leaves_and_nothing_of_it_stays(cloud: Cloud, front_end: Host) -> None:
    lxc1, pod = machine("lxc1"), cloud.container("oned")["containerID"]
    assert trust(lxc1)[f"{SSH}/authorized_keys"] == cloud.public_key()
    lxc1.check_output(f"printf '{MINE}' >> {SSH}/authorized_keys")
    done = cloud.playbook("offboard", "--limit", "lxc1")
    assert done.returncode == 0, done.stdout[-3000:]

    assert cloud.hosts().keys() == {"kvm1"}
    assert all("lxc1" not in text and "10.66.0.12" not in text for text in published(cloud).values())
    assert names_in_pods(cloud) == {"kvm1"}
    assert front_end.run("getent hosts lxc1").rc != 0
    assert "lxc1" not in front_end.check_output("cat /etc/kubenebula/hypervisors/known_hosts")

    files = trust(lxc1)
    assert files[f"{SSH}/authorized_keys"] == MINE
    assert files.keys() == {f"{SSH}/authorized_keys", f"{SSH}/config", "/etc/hosts"}
    assert "front-end" not in "".join(files.values()) and "kvm1" not in files["/etc/hosts"]
    assert lxc1.package("opennebula-node-lxc").is_installed
    assert lxc1.run("pgrep --euid oneadmin --full monitord-client").rc == 1
    # the other machine goes on, and the pod was not restarted
    assert cloud.container("oned")["containerID"] == pod

    again = cloud.playbook("offboard", "--limit", "lxc1")
    assert again.returncode == 0 and "changed=0" in again.stdout, again.stdout[-3000:]
    onboard_again(cloud, "lxc1")
    assert trust(lxc1)[f"{SSH}/authorized_keys"] == cloud.public_key() + MINE
    lxc1.check_output(f"sed -i /operator@desk/d {SSH}/authorized_keys")


def test_a_dead_machine_leaves_too(cloud: Cloud) -> None:
    cloud.lab("host-stop", "lxc1")
    done = cloud.playbook("offboard", "--limit", "lxc1")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "lxc1 is offboarded but does not answer" in flat(done)
    assert cloud.hosts().keys() == {"kvm1"} == names_in_pods(cloud)

    cloud.lab("host-start", "lxc1")
    assert "kubenebula:" in trust(machine("lxc1"))[f"{SSH}/authorized_keys"]
    done = cloud.playbook("offboard", "--limit", "lxc1", "-e", "offboard_remove_package=true")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "kubenebula:" not in trust(machine("lxc1"))[f"{SSH}/authorized_keys"]
    assert not machine("lxc1").package("opennebula-node-lxc").is_installed
    onboard_again(cloud, "lxc1")
