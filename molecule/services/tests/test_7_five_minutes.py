# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The console that has been open while all before this happened to the cloud."""

from __future__ import annotations

from browser import Watch
from cloud import machine


def test_a_console_still_draws_after_five_minutes(watch: Watch) -> None:
    console = watch.had_back()
    machine("kvm1").check_output("virsh --connect qemu:///system reset watched")
    seen = console.until({"img", "sync"}, 30)
    assert {"img", "sync"} <= seen.keys(), seen.keys()
