# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects by which pods resolve the names of hypervisors."""

from __future__ import annotations

from ansible_collections.kubenebula.opennebula.plugins.filter import hypervisor_services

IDENTITIES = {
    "kvm1": {"address": "192.0.2.11"},
    "lxc1": {"address": "2001:db8::21"},
}


def test_each_name_gets_a_service_with_its_address() -> None:
    service, endpoints, _again, other = hypervisor_services.hypervisor_services(IDENTITIES, "one", "cloud")
    assert service["kind"] == "Service" and service["spec"] == {"clusterIP": "None"}
    assert endpoints["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"] == "kvm1"
    assert endpoints["addressType"] == "IPv4" and endpoints["endpoints"] == [{"addresses": ["192.0.2.11"]}]
    assert other["addressType"] == "IPv6"
    assert {item["metadata"]["namespace"] for item in (service, endpoints, other)} == {"one"}
