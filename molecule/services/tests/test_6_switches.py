# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Components are switched on and off in place: nothing else restarts."""

from __future__ import annotations

from cloud import HYPERVISORS, Cloud, wait
from web import HOST, deploy, lives, metrics, playbook, ready, service, signal, status


def test_oneflow_onegate_and_the_exporter(cloud: Cloud) -> None:
    before = lives(cloud)
    deploy(cloud, flow=False, gate=False, exporter=False)
    others = {component: life for component, life in before.items() if component not in ("flow", "gate", "exporter")}
    assert lives(cloud) == others
    assert f"https://{HOST}/fireedge/sunstone" in playbook(cloud, "where").stdout

    deploy(cloud)
    after = lives(cloud)
    assert {component: life for component, life in after.items() if component in others} == others
    assert {component for component in after if component not in others} == {"flow", "gate", "exporter"}
    assert ready(cloud, "flow") and ready(cloud, "gate")
    assert status(f"http://{service(cloud, 'flow')}/") == 401

    # the first scrape finds what was read before it: nothing; others may join meanwhile
    wait(lambda: f"opennebula_host_total {len(cloud.hosts())}.0" in metrics(cloud), 60)
    known = {line.partition(" ")[0] for line in metrics(cloud) if line.startswith("opennebula_host_state{")}
    numbers = {cloud.hosts()[name].findtext("ID") for name in HYPERVISORS}
    assert {f'opennebula_host_state{{one_host_id="{number}"}}' for number in numbers} <= known
    signal(cloud, "deployment/opennebula-exporter", "exporter", "STOP")
    wait(lambda: not ready(cloud, "exporter"), 30)
    signal(cloud, "deployment/opennebula-exporter", "exporter", "CONT")
