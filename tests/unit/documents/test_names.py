# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Names that oned and Kubernetes take."""

from __future__ import annotations

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names


@pytest.mark.parametrize("name", ["ab", "kvm1", "A_b.c-1", "10.66.0.11", "a" * 63, "x_1"])
def test_names_oned_takes(name: str) -> None:
    assert names.host_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it has 0 characters"),
        ("a", "it has 1 characters"),
        ("a" * 64, "it has 64 characters"),
        ("bad name", "it holds ' '"),
        ("bad/na:me", "it holds '/'"),
        ("hôte", "it holds 'ô'"),
        ("-kvm", "it begins with '-'"),
        (".kvm", "it begins with '.'"),
        ("_kvm", "it begins with '_'"),
        ("kvm.", "it ends with '.'"),
        ("kvm_", "it ends with '_'"),
    ],
)
def test_names_oned_refuses(name: str, reason: str) -> None:
    assert str(names.host_name_problem(name)).startswith(reason)


@pytest.mark.parametrize("name", ["a", "kvm1", "rack-7-b", "a" * 63])
def test_dns_labels(name: str) -> None:
    assert names.is_dns_label(name)


@pytest.mark.parametrize("name", ["", "1kvm", "kvm.example", "Kvm", "kvm_1", "kvm-", "a" * 64, "kvm1\n"])
def test_no_dns_labels(name: str) -> None:
    assert not names.is_dns_label(name)


def test_repeated_names_do_not_tell_capitals_apart() -> None:
    assert names.repeated(["a", "b", "A", "c", "b"]) == ["a", "b", "A"]
    assert names.repeated(["a", "b"]) == []
