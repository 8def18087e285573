# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Switches and passwords change in place: nothing else restarts."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET

from conftest import HYPERVISORS, Cloud, wait
from web import HOST, SERVICES, deploy, inside, lives, metrics, ready, service, signal, status


def test_another_password_of_the_services(cloud: Cloud) -> None:
    born, before = cloud.secret("opennebula-serveradmin")["password"], lives(cloud)
    done = cloud.playbook("rotate_serveradmin", "-vvv", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    password = cloud.secret("opennebula-serveradmin")["password"]
    assert password != born
    assert not [word for word in (born, password) if word in done.stdout + done.stderr]
    # for its driver oned keeps the digest
    users = ET.fromstring(cloud.call("one.userpool.info"))
    (account,) = [user for user in users if user.findtext("NAME") == "serveradmin"]
    assert account.findtext("PASSWORD") == hashlib.sha256(password.encode()).hexdigest()
    for component, name in zip(SERVICES, ("sunstone", "oneflow", "onegate"), strict=True):
        assert inside(cloud, component, f"cat /var/lib/one/.one/{name}_auth") == f"serveradmin:{password}"
        assert ready(cloud, component)
    assert lives(cloud) == before


def test_each_switch_touches_nothing_else(cloud: Cloud) -> None:
    before = lives(cloud)
    deploy(cloud, flow=False, gate=False, exporter=True, ingress_host=HOST, ingress_controller="traefik")
    others = {component: life for component, life in before.items() if component not in ("flow", "gate")}
    assert {component: life for component, life in lives(cloud).items() if component != "exporter"} == others
    assert f"https://{HOST}/fireedge/sunstone" in cloud.playbook("where").stdout

    # the first scrape finds what was read before it: nothing; others may join meanwhile
    wait(lambda: f"opennebula_host_total {len(cloud.hosts())}.0" in metrics(cloud), 60)
    known = {line.partition(" ")[0] for line in metrics(cloud) if line.startswith("opennebula_host_state{")}
    numbers = {cloud.hosts()[name].findtext("ID") for name in HYPERVISORS}
    assert {f'opennebula_host_state{{one_host_id="{number}"}}' for number in numbers} <= known
    signal(cloud, "exporter", "exporter", "STOP")
    wait(lambda: not ready(cloud, "exporter"), 30)
    signal(cloud, "exporter", "exporter", "CONT")

    deploy(cloud, fireedge=False)
    after = lives(cloud)
    assert not {"fireedge", "exporter"} & after.keys() and {"flow", "gate"} <= after.keys()
    kept = ("oned", "mariadb")
    assert {component: after[component] for component in kept} == {component: before[component] for component in kept}
    assert "Web interface: none" in cloud.playbook("where").stdout

    deploy(cloud)
    last = lives(cloud)
    assert {component: life for component, life in last.items() if component != "fireedge"} == after
    assert all(ready(cloud, component) for component in SERVICES)
    assert status(f"http://{service(cloud, 'fireedge')}/fireedge/sunstone") == 200
    assert status(f"http://{service(cloud, 'flow')}/") == 401
