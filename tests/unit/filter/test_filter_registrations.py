# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module one_host gets of the variables of a hypervisor."""

from __future__ import annotations

from ansible_collections.kubenebula.opennebula.plugins.filter import registrations

KVM = {"inventory_hostname": "kvm1", "ansible_host": "192.0.2.11", "hypervisor_type": "kvm"}
LXC = {
    "inventory_hostname": "lxc1",
    "hypervisor_address": "2001:db8::21",
    "hypervisor_type": "lxc",
    "hypervisor_cluster": "edge",
    "hypervisor_labels": [],
    "hypervisor_template": {"RESERVED_MEM": 1},
}


def test_a_variable_left_out_is_an_option_left_out() -> None:
    assert registrations.registrations([KVM, LXC]) == [
        {"name": "kvm1", "type": "kvm"},
        {"name": "lxc1", "type": "lxc", "cluster": "edge", "labels": [], "template": {"RESERVED_MEM": 1}},
    ]
