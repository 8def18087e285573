# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the front-end gets to know of its hypervisors."""

from __future__ import annotations

from ansible_collections.kubenebula.opennebula.plugins.filter import hypervisors

KVM = {
    "inventory_hostname": "kvm1",
    "ansible_host": "192.0.2.11",
    "hypervisor_type": "kvm",
    "ansible_facts": {
        "ssh_host_key_ed25519_public": "AAAAed",
        "ssh_host_key_ed25519_public_keytype": "ssh-ed25519",
        "ssh_host_key_ecdsa_public": "AAAAec",
        "ssh_host_key_ecdsa_public_keytype": "ecdsa-sha2-nistp384",
    },
}
LXC = {
    "inventory_hostname": "lxc1",
    "ansible_host": "bastion-name",
    "hypervisor_address": "2001:db8::21",
    "ansible_port": 2222,
    "hypervisor_type": "lxc",
    "hypervisor_cluster": "edge",
    "hypervisor_labels": [],
    "hypervisor_template": {"RESERVED_MEM": 1},
    "ansible_facts": {"ssh_host_key_rsa_public": "AAAArsa"},
}
IDENTITIES = {
    "kvm1": {"address": "192.0.2.11", "port": 22, "keys": ["ssh-ed25519 AAAAed", "ecdsa-sha2-nistp384 AAAAec"]},
    "lxc1": {"address": "2001:db8::21", "port": 2222, "keys": ["ssh-rsa AAAArsa"]},
}


def test_identities_come_from_variables_and_facts() -> None:
    assert hypervisors.hypervisor_identities([KVM, LXC]) == IDENTITIES


def test_the_files_hold_keys_and_the_ports_that_are_not_22() -> None:
    files = hypervisors.front_end_files(IDENTITIES, {})
    assert files["known_hosts"] == "kvm1 ssh-ed25519 AAAAed\nkvm1 ecdsa-sha2-nistp384 AAAAec\nlxc1 ssh-rsa AAAArsa\n"
    assert files["ssh_config"] == "Host lxc1\n  Port 2222\n  HostKeyAlias lxc1\n"


def test_a_machine_more_keeps_those_known_before() -> None:
    before = hypervisors.front_end_files({"kvm1": IDENTITIES["kvm1"]}, {})
    both = hypervisors.front_end_files({"lxc1": IDENTITIES["lxc1"]}, before)
    assert both == hypervisors.front_end_files(IDENTITIES, {})
    assert hypervisors.front_end_files({}, both) == both


def test_a_machine_with_a_new_key_loses_the_old_one() -> None:
    before = hypervisors.front_end_files(IDENTITIES, {})
    renewed = {"kvm1": {**IDENTITIES["kvm1"], "keys": ["ssh-ed25519 AAAAnew"]}}
    files = hypervisors.front_end_files(renewed, before)
    assert "AAAAnew" in files["known_hosts"] and "AAAAed" not in files["known_hosts"]


def test_each_name_gets_a_service_with_its_address() -> None:
    service, endpoints, _, other = hypervisors.hypervisor_services(IDENTITIES, "one", "cloud")
    assert service["kind"] == "Service" and service["spec"] == {"clusterIP": "None"}
    assert endpoints["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"] == "kvm1"
    assert endpoints["addressType"] == "IPv4" and endpoints["endpoints"] == [{"addresses": ["192.0.2.11"]}]
    assert other["addressType"] == "IPv6"
    assert {item["metadata"]["namespace"] for item in (service, endpoints, other)} == {"one"}


def test_a_variable_left_out_is_an_option_left_out() -> None:
    assert hypervisors.registrations([KVM, LXC]) == [
        {"name": "kvm1", "type": "kvm"},
        {"name": "lxc1", "type": "lxc", "cluster": "edge", "labels": [], "template": {"RESERVED_MEM": 1}},
    ]
