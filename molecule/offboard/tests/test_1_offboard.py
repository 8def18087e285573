# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A machine leaves the cloud, and nothing of it stays in oned, in the cluster, or on the machine."""

from __future__ import annotations

import pytest
from cloud import HYPERVISORS, Cloud, machine
from leaving import ADDRESS, NAME, SSH, flat, names_in_pods, offboard, onboard, published, trust
from testinfra.host import Host

MINE = "ssh-rsa AAAAmine operator@desk\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the hypervisors to offboard"),
        (["--limit", "all"], "all is every hypervisor of the inventory"),
        (["--limit", "kvm1,lxc1"], "set -e offboard_all=true to offboard the whole cloud"),
    ],
)
def test_nobody_offboards_everything_by_accident(cloud: Cloud, arguments: list[str], sentence: str) -> None:
    before = cloud.hosts().keys()
    done = cloud.playbook("offboard", *arguments)
    assert done.returncode != 0 and sentence in flat(done)
    assert cloud.hosts().keys() == before == {*HYPERVISORS, NAME}


def test_check_mode_changes_nothing(cloud: Cloud) -> None:
    before = published(cloud), names_in_pods(cloud), trust(machine(NAME)), cloud.hosts().keys()
    done = offboard(cloud, "--check", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"-    {NAME}:" in done.stdout
    assert (published(cloud), names_in_pods(cloud), trust(machine(NAME)), cloud.hosts().keys()) == before


def test_a_machine_leaves_and_nothing_of_it_stays(cloud: Cloud, front_end: Host) -> None:
    leaving, pod = machine(NAME), cloud.container("oned")["containerID"]
    assert trust(leaving)[f"{SSH}/authorized_keys"] == cloud.public_key()
    leaving.check_output(f"printf '{MINE}' >> {SSH}/authorized_keys")
    done = offboard(cloud)
    assert done.returncode == 0, done.stdout[-3000:]

    assert cloud.hosts().keys() == HYPERVISORS.keys()
    assert all(NAME not in text and ADDRESS not in text for text in published(cloud).values())
    assert names_in_pods(cloud) == set(HYPERVISORS)
    assert front_end.run(f"getent hosts {NAME}").rc != 0
    assert NAME not in front_end.check_output("cat /etc/kubenebula/hypervisors/known_hosts")

    files = trust(leaving)
    assert files[f"{SSH}/authorized_keys"] == MINE
    assert files.keys() == {f"{SSH}/authorized_keys", f"{SSH}/config", "/etc/hosts"}
    assert "front-end" not in "".join(files.values()) and "kvm1" not in files["/etc/hosts"]
    assert leaving.package("opennebula-node-lxc").is_installed
    assert leaving.run("pgrep --euid oneadmin --full monitord-client").rc == 1
    # the other machines go on, and the pod was not restarted
    assert cloud.container("oned")["containerID"] == pod

    again = offboard(cloud)
    assert again.returncode == 0 and "changed=0" in again.stdout, again.stdout[-3000:]
    onboard()
    assert trust(leaving)[f"{SSH}/authorized_keys"] == cloud.public_key() + MINE
