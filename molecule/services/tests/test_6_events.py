# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""OneFlow hears what happens to virtual machines, though oned has restarted since OneFlow connected to it."""

from __future__ import annotations

from cloud import Cloud, wait
from web import inside


def test_oneflow_hears_what_happens_to_a_machine(cloud: Cloud) -> None:
    """Of one that comes and goes after it has connected: what happened before is not told."""

    def heard() -> bool:
        number = cloud.call("one.vm.allocate", "NAME=passing CPU=1 MEMORY=64", True)
        cloud.call("one.vm.action", "terminate-hard", number)
        log = inside(cloud, "deployment/opennebula-flow", "cat /var/log/one/oneflow.log")
        return all(f"EVENT STATE VM/{state}/LCM_INIT/{number} " in log for state in ("HOLD", "DONE"))

    # ZeroMQ gives up on a connection that oned's pod has left open after two minutes, which earlier tests take
    wait(heard, 150)
