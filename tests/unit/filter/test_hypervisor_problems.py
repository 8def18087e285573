# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with the hypervisors of an inventory."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.kubenebula.opennebula.plugins.filter.hypervisor_problems import hypervisor_problems as problems

FINE = {"hypervisor_type": "kvm", "ansible_host": "10.66.0.11"}


def test_a_right_inventory_has_none() -> None:
    hosts: dict[str, dict[str, Any]] = {
        "kvm1": {**FINE, "anything": ["else"]},
        "lxc1": {"hypervisor_type": "lxc", "hypervisor_address": "10.66.0.12", "ansible_host": "bastion.example.org"},
        "q1": {"hypervisor_type": "qemu", "ansible_host": "fd00::1"},
    }
    assert problems(hosts) == []
    assert problems(hosts, name_resolution="dns") == []
    assert problems({}) == []


def test_the_dns_needs_neither_a_label_nor_an_address() -> None:
    assert problems({"KVM_1.example.org": {"hypervisor_type": "kvm"}}, name_resolution="dns") == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "Hypervisor kvm1 has no hypervisor_type: set it to one of kvm, lxc, qemu."),
        ({"hypervisor_type": ""}, "Hypervisor kvm1 has no hypervisor_type: set it to one of kvm, lxc, qemu."),
        ({"hypervisor_type": "KVM"}, "Hypervisor kvm1 has hypervisor_type 'KVM': it must be one of kvm, lxc, qemu."),
        ({"hypervisor_type": 1}, "Hypervisor kvm1 has hypervisor_type '1': it must be one of kvm, lxc, qemu."),
        (
            {"hypervisor_type": ["kvm"]},
            "Hypervisor kvm1 has hypervisor_type \"['kvm']\": it must be one of kvm, lxc, qemu.",
        ),
    ],
)
def test_the_type(variables: dict[str, Any], sentence: str) -> None:
    assert problems({"kvm1": {"ansible_host": "10.66.0.11", **variables}}) == [sentence]


@pytest.mark.parametrize("name_resolution", ["service", "dns"])
@pytest.mark.parametrize(
    ("name", "reason"), [("k", "it has 1 characters"), ("kvm 1", "it holds ' '"), ("a" * 64, "it has 64 characters")]
)
def test_a_name_oned_does_not_take(name: str, reason: str, name_resolution: str) -> None:
    (sentence,) = problems({name: FINE}, name_resolution=name_resolution)
    assert sentence.startswith(f"Hypervisor {name} cannot be registered under this name: {reason}")
    assert sentence.endswith("Rename it in the inventory.")


@pytest.mark.parametrize("name", ["kvm1.example.org", "KVM1", "kvm_1", "10.66.0.11", "1kvm"])
def test_a_name_that_cannot_be_a_service(name: str) -> None:
    (sentence,) = problems({name: FINE})
    assert sentence.startswith(f"Hypervisor {name} cannot be the name of a Service")
    assert "rename it in the inventory, or set ssh_trust_name_resolution: dns" in sentence


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "has no address"),
        ({"ansible_host": "kvm1.example.org"}, "has ansible_host 'kvm1.example.org', which is not an IP address"),
        (
            {"hypervisor_address": "10.66.0", "ansible_host": "10.66.0.11"},
            "has hypervisor_address '10.66.0', which is not an IP address",
        ),
    ],
)
def test_an_address_that_a_service_cannot_point_at(variables: dict[str, Any], said: str) -> None:
    (sentence,) = problems({"kvm1": {"hypervisor_type": "kvm", **variables}})
    assert sentence.startswith(f"Hypervisor kvm1 {said}: set hypervisor_address to the IP address")
    assert sentence.endswith("or set ssh_trust_name_resolution: dns.")


@pytest.mark.parametrize(
    ("one", "two", "address"),
    [
        ({"ansible_host": "10.66.0.11"}, {"hypervisor_address": "10.66.0.11"}, "10.66.0.11"),
        ({"ansible_host": "fd00::1"}, {"ansible_host": "FD00:0::1"}, "fd00::1"),
    ],
)
@pytest.mark.parametrize("name_resolution", ["service", "dns"])
def test_two_with_one_address(one: dict[str, Any], two: dict[str, Any], address: str, name_resolution: str) -> None:
    kind = {"hypervisor_type": "kvm"}
    assert problems({"kvm1": {**one, **kind}, "kvm2": {**two, **kind}}, name_resolution=name_resolution) == [
        f"Hypervisors kvm1, kvm2 have the same address {address}: give each its own hypervisor_address or ansible_host."
    ]


def test_names_that_differ_in_capitals_only() -> None:
    hosts = {"kvm1": FINE, "KVM1": {**FINE, "ansible_host": "10.66.0.12"}}
    (sentence,) = problems(hosts, name_resolution="dns")
    assert sentence.startswith("Hypervisors kvm1, KVM1 differ in capitals only")


def test_every_problem_is_reported_at_once() -> None:
    hosts = {"kvm_1": {"hypervisor_type": "xen"}, "kvm2": {}}
    assert len(problems(hosts)) == 5


@pytest.mark.parametrize(("hypervisors", "options"), [({}, {"name_resolution": "hosts"}), (["kvm1"], {})])
def test_wrong_use_is_an_error(hypervisors: Any, options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="hypervisor_problems: "):
        problems(hypervisors, **options)
