# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the front-end and the hypervisors store about each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.kubenebula.opennebula.plugins.filter import host_keys, hypervisors

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
    "ssh_trust_proxy_jump": "me@bastion:2200",
    "hypervisor_type": "lxc",
    "hypervisor_cluster": "edge",
    "hypervisor_labels": [],
    "hypervisor_template": {"RESERVED_MEM": 1},
    "ansible_facts": {"ssh_host_key_rsa_public": "AAAArsa"},
}
IDENTITIES = {
    "kvm1": {"address": "192.0.2.11", "port": 22, "keys": ["ssh-ed25519 AAAAed"]},
    "lxc1": {"address": "2001:db8::21", "port": 2222, "keys": ["ssh-rsa AAAArsa"], "jump": "me@bastion:2200"},
}
PUBLIC = {"authorized_keys": "ssh-ed25519 AAAAa kubenebula:one\n", "known_hosts": "one ssh-ed25519 AAAAfe\n"}


def test_the_files_hold_keys_and_the_ways_that_are_not_usual() -> None:
    files = hypervisors.front_end_files(IDENTITIES, {}, extra=["backup ssh-rsa AAAAbackup"])
    assert files["known_hosts"] == "kvm1 ssh-ed25519 AAAAed\nlxc1 ssh-rsa AAAArsa\nbackup ssh-rsa AAAAbackup\n"
    assert files["ssh_config"] == "Host lxc1\n  Port 2222\n  HostKeyAlias lxc1\n  ProxyJump me@bastion:2200\n"


def test_a_hypervisor_more_keeps_those_known_before() -> None:
    before = hypervisors.front_end_files({"kvm1": IDENTITIES["kvm1"]}, {})
    both = hypervisors.front_end_files({"lxc1": IDENTITIES["lxc1"]}, before)
    assert both == hypervisors.front_end_files(IDENTITIES, {})
    assert hypervisors.front_end_files({}, both) == both


def test_a_hypervisor_less_leaves_nothing() -> None:
    before = hypervisors.front_end_files(IDENTITIES, {})
    assert hypervisors.front_end_files({}, before, gone=["lxc1", "never-there"]) == hypervisors.front_end_files(
        {"kvm1": IDENTITIES["kvm1"]}, {}
    )


def test_a_hypervisor_with_a_new_key_loses_the_old_one() -> None:
    before = hypervisors.front_end_files(IDENTITIES, {})
    renewed = {"kvm1": {**IDENTITIES["kvm1"], "keys": ["ssh-ed25519 AAAAnew"]}}
    files = hypervisors.front_end_files(renewed, before)
    assert "AAAAnew" in files["known_hosts"] and "AAAAed" not in files["known_hosts"]


def test_thousands_of_hypervisors_fit_into_a_config_map() -> None:
    facts = {
        f"ssh_host_key_{kind}_public": "A" * size for kind, size in (("ed25519", 68), ("ecdsa", 140), ("rsa", 540))
    }
    machines = [
        {
            "inventory_hostname": f"hypervisor-{number:04}.example.com",
            "ansible_host": "192.0.2.11",
            "ansible_facts": facts,
        }
        for number in range(2000)
    ]
    files = hypervisors.front_end_files(host_keys.hypervisor_identities(machines), {})
    assert sum(len(text) for text in files.values()) < 2**20


def test_every_hypervisor_gets_the_same_files() -> None:
    files = hypervisors.front_end_files(IDENTITIES, {})
    node = hypervisors.node_files(files, PUBLIC, "one", "192.0.2.10", 30022)
    assert node["authorized_keys"] == PUBLIC["authorized_keys"].splitlines()
    # what the front-end answers when a machine asks for keys it lacks: the two files, one after the other
    assert node["known_hosts"] == PUBLIC["known_hosts"] + files["known_hosts"]
    assert node["hosts"] == "192.0.2.11 kvm1\n2001:db8::21 lxc1\n"
    assert hypervisors.node_files(files, PUBLIC, "one", "192.0.2.10", 30022, hosts_file=False)["hosts"] == ""


def test_ssh_reads_what_a_hypervisor_gets(tmp_path: Path) -> None:
    """ssh itself says what follows: strict everywhere, whatever the packages and the operator say further down."""
    files = hypervisors.front_end_files(IDENTITIES, {})
    node = hypervisors.node_files(files, PUBLIC, "one", "192.0.2.10", 30022)
    (tmp_path / "config").write_text(
        node["ssh_config"] + "Compression yes\nHost *\n  StrictHostKeyChecking accept-new\n"
    )

    def seen(name: str) -> dict[str, str]:
        command = ["ssh", "-G", "-F", str(tmp_path / "config"), name]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)

    front_end, port, other = seen("one"), seen("lxc1"), seen("kvm1")
    assert (front_end["hostname"], front_end["port"], front_end["hostkeyalias"]) == ("192.0.2.10", "30022", "one")
    assert (port["port"], port["hostkeyalias"], other["port"]) == ("2222", "lxc1", "22")
    # the front-end goes by a jump host, its neighbours do not
    assert "proxyjump" not in port
    assert all(one["stricthostkeychecking"] == "true" for one in (front_end, port, other))
    assert all(one["compression"] == "yes" for one in (front_end, port, other))
    assert "known-hosts-command one %I" in other["knownhostscommand"]
    # else it would ask the front-end for the front-end's key
    assert "knownhostscommand" not in front_end


def test_each_name_gets_a_service_with_its_address() -> None:
    service, endpoints, _again, other = hypervisors.hypervisor_services(IDENTITIES, "one", "cloud")
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
