# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host key of a hypervisor is published, and the address and port with it."""

from __future__ import annotations

import pytest
from ansible_collections.kubenebula.opennebula.plugins.filter import host_keys

FACTS = {
    "ssh_host_key_ed25519_public": "AAAAed",
    "ssh_host_key_ed25519_public_keytype": "ssh-ed25519",
    "ssh_host_key_ecdsa_public": "AAAAec",
    "ssh_host_key_ecdsa_public_keytype": "ecdsa-sha2-nistp384",
    "ssh_host_key_rsa_public": "AAAArsa",
}
KVM = {"inventory_hostname": "kvm1", "ansible_host": "192.0.2.11", "ansible_facts": FACTS}
LXC = {
    "inventory_hostname": "lxc1",
    "ansible_host": "bastion-name",
    "hypervisor_address": "2001:db8::21",
    "ansible_port": 2222,
    "ssh_trust_proxy_jump": "me@bastion:2200",
    "ansible_facts": {"ssh_host_key_rsa_public": "AAAArsa"},
}


def test_identities_come_from_variables_and_facts() -> None:
    """The best key of each, which is all that ssh needs."""
    assert host_keys.hypervisor_identities([KVM, LXC]) == {
        "kvm1": {"address": "192.0.2.11", "port": 22, "keys": ["ssh-ed25519 AAAAed"]},
        "lxc1": {"address": "2001:db8::21", "port": 2222, "keys": ["ssh-rsa AAAArsa"], "jump": "me@bastion:2200"},
    }


@pytest.mark.parametrize(
    ("missing", "key"),
    [
        ((), "ssh-ed25519 AAAAed"),
        (("ed25519",), "ecdsa-sha2-nistp384 AAAAec"),
        (("ed25519", "ecdsa"), "ssh-rsa AAAArsa"),
        (("ed25519", "ecdsa", "rsa"), None),
    ],
)
def test_one_key_is_published_the_best_that_there_is(missing: tuple[str, ...], key: str | None) -> None:
    facts = {name: value for name, value in FACTS.items() if not any(f"_{kind}_" in name for kind in missing)}
    assert host_keys.host_key(facts) == key


def test_a_hypervisor_that_has_not_answered_has_no_identity() -> None:
    assert host_keys.hypervisor_identities([{"inventory_hostname": "kvm2"}, KVM]).keys() == {"kvm1"}
