# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects by which pods resolve the names of hypervisors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def hypervisor_services(
    hypervisors: Mapping[str, Mapping[str, Any]], namespace: str, release: str
) -> list[dict[str, Any]]:
    """Return a headless Service and an EndpointSlice for each hypervisor: pods in the namespace resolve its name."""
    objects: list[dict[str, Any]] = []
    for name, identity in sorted(hypervisors.items()):
        labels = {
            "app.kubernetes.io/part-of": "opennebula",
            "app.kubernetes.io/instance": release,
            "app.kubernetes.io/component": "hypervisor",
        }
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"clusterIP": "None"},
            }
        )
        objects.append(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": {**labels, "kubernetes.io/service-name": name},
                },
                "addressType": "IPv6" if ":" in identity["address"] else "IPv4",
                "endpoints": [{"addresses": [identity["address"]]}],
                "ports": [],
            }
        )
    return objects


class FilterModule:
    """Filter ``hypervisor_services``."""

    def filters(self) -> dict[str, Any]:
        return {"hypervisor_services": hypervisor_services}
