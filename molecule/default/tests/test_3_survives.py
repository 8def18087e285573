# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens to a cloud: every time it comes back by itself, as it was."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from cloud import Cloud, wait
from testinfra.host import Host


def delete_the_pod(cloud: Cloud) -> None:
    cloud.kubectl("delete", "pod", "opennebula-oned-0")


def kill_oned(cloud: Cloud) -> None:
    script = "kill -9 $(cat /proc/[0-9]*/stat | awk '$2 == \"(oned)\" {print $1}')"
    cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "sh", "-c", script)


def kill_the_database(cloud: Cloud) -> None:
    cloud.kubectl("delete", "pod", "opennebula-mariadb-0", "--grace-period=0", "--force")


def cut_the_power_of_the_node(cloud: Cloud) -> None:
    cloud.lab("node-stop")
    cloud.lab("node-start")


@pytest.mark.parametrize("accident", [delete_the_pod, kill_oned, kill_the_database, cut_the_power_of_the_node])
def test_an_accident(cloud: Cloud, accident: Callable[[Cloud], None]) -> None:
    before = cloud.identity()
    accident(cloud)
    cloud.wait_until_monitored(time.time())
    assert cloud.identity() == before


def test_oned_outlives_a_long_absence_of_its_database(cloud: Cloud) -> None:
    """It is taken out of service, and neither killed nor restarted."""
    before = cloud.container("oned")
    cloud.kubectl("scale", "statefulset", "opennebula-mariadb", "--replicas=0")
    wait(lambda: not cloud.container("oned")["ready"], 120)
    cloud.kubectl("scale", "statefulset", "opennebula-mariadb", "--replicas=1")
    wait(lambda: bool(cloud.container("oned")["ready"]), 120)
    after = cloud.container("oned")
    assert after["containerID"] == before["containerID"] and after["restartCount"] == before["restartCount"]
    cloud.wait_until_monitored(time.time())


def test_uninstalled_and_installed_again(cloud: Cloud, front_end: Host) -> None:
    before = cloud.identity()
    cloud.helm("uninstall", "opennebula", "--wait")
    wait(lambda: "opennebula-oned-0" not in cloud.kubectl("get", "pods", "-o", "name"), 120)
    done = cloud.playbook("site")
    assert done.returncode == 0, done.stdout[-3000:]
    cloud.wait_until_monitored(time.time())
    assert cloud.identity() == before
    assert front_end.check_output("ssh -o BatchMode=yes kvm1 hostname") == "kvm1"
