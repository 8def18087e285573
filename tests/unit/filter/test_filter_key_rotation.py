# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Which hypervisors still need the front-end's old key, and why."""

from __future__ import annotations

from ansible_collections.kubenebula.opennebula.plugins.filter import key_rotation

DENIED = "oneadmin@host: Permission denied (publickey)."
WRITTEN = {"__ssh_trust_added": {"changed": True}, "__ssh_trust_retired": {"changed": True}}
AWAY = {"unreachable": True, "msg": "Connection timed out \n"}


def test_a_hypervisor_that_accepts_the_new_key_and_refuses_the_old_is_done() -> None:
    machines = [{"inventory_hostname": "kvm1", **WRITTEN}]
    missing = key_rotation.keys_missing("kvm1\t\n", machines)
    assert missing == {} and key_rotation.keys_left(f"kvm1\t{DENIED}\n", missing, machines) == {}


def test_what_went_wrong_on_the_hypervisor_is_said_first() -> None:
    machines = [
        {"inventory_hostname": "kvm1", **WRITTEN},
        {"inventory_hostname": "kvm2", "__ssh_trust_added": AWAY},
        {"inventory_hostname": "kvm3", "__ssh_trust_added": {"failed": True, "msg": "there is no user oneadmin here"}},
    ]
    new = f"kvm1\t{DENIED}\nkvm2\tssh: connect to host kvm2: No route\nkvm3\t{DENIED}\nkvm9\t{DENIED}\n"
    assert key_rotation.keys_missing(new, machines) == {
        "kvm1": f"it refuses the new key: {DENIED}",
        "kvm2": "it cannot be reached over SSH: Connection timed out",
        "kvm3": "there is no user oneadmin here",
        "kvm9": f"it refuses the new key: {DENIED}, and it was not part of this run",
    }


def test_a_hypervisor_that_keeps_the_old_key_is_named() -> None:
    machines = [
        {"inventory_hostname": "kvm1", **WRITTEN},
        {"inventory_hostname": "kvm2", "__ssh_trust_added": {"changed": True}, "__ssh_trust_retired": AWAY},
    ]
    assert key_rotation.keys_left("kvm1\t\nkvm2\t\nkvm3\t\nkvm4\t\n", {"kvm4": "it is away"}, machines) == {
        "kvm1": "it still accepts the old key",
        "kvm2": "it cannot be reached over SSH: Connection timed out",
        "kvm3": "it still accepts the old key, and it was not part of this run",
        "kvm4": "it is away",
    }


def test_a_cloud_without_hypervisors_is_done_at_once() -> None:
    assert key_rotation.keys_missing("", []) == {} == key_rotation.keys_left("", {}, [])
