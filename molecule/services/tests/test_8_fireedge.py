# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What ends the consoles that are open, and nothing else: another password of the services, and FireEdge's switch."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET

from cloud import Cloud
from web import SERVICES, deploy, inside, lives, playbook, pods, ready, service, status


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
        for pod in pods(cloud, component):
            held = inside(cloud, pod["metadata"]["name"], f"cat /var/lib/one/.one/{name}_auth")
            assert held == f"serveradmin:{password}"
        assert ready(cloud, component)
    assert lives(cloud) == before


def test_fireedge(cloud: Cloud) -> None:
    before = lives(cloud)
    others = {component: life for component, life in before.items() if component != "fireedge"}
    deploy(cloud, fireedge=False)
    assert lives(cloud) == others
    assert "Web interface: none" in playbook(cloud, "where").stdout

    deploy(cloud)
    after = lives(cloud)
    assert {component: life for component, life in after.items() if component != "fireedge"} == others
    assert ready(cloud, "fireedge")
    assert status(f"http://{service(cloud, 'fireedge')}/fireedge/sunstone") == 200
