# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where users find FireEdge."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.filter.web_address import web_address

SERVICE = {
    "kind": "Service",
    "metadata": {"name": "one-fireedge", "namespace": "cloud"},
    "spec": {"ports": [{"name": "web", "port": 2616}]},
}


@pytest.mark.parametrize(
    ("leads", "url"),
    [
        (
            {"kind": "Ingress", "spec": {"rules": [{"host": "one.test"}], "tls": [{"hosts": ["one.test"]}]}},
            "https://one.test/fireedge/sunstone",
        ),
        ({"kind": "Ingress", "spec": {"rules": [{"host": "one.test"}]}}, "http://one.test/fireedge/sunstone"),
        ({"kind": "HTTPRoute", "spec": {"hostnames": ["one.test"]}}, "https://one.test/fireedge/sunstone"),
        ({"kind": "Route", "spec": {"host": "one.apps.test"}}, "https://one.apps.test/fireedge/sunstone"),
    ],
)
def test_what_leads_to_the_service_is_its_address(leads: dict[str, Any], url: str) -> None:
    assert web_address([SERVICE, leads]) == url


@pytest.mark.parametrize("unnamed", [[], [{"kind": "HTTPRoute", "spec": {}}]])
def test_without_a_name_it_is_forwarded(unnamed: list[dict[str, Any]]) -> None:
    forward = "kubectl -n cloud port-forward svc/one-fireedge 2616, then http://localhost:2616/fireedge/sunstone"
    assert web_address([SERVICE, *unnamed]) == forward


def test_without_fireedge_there_is_none() -> None:
    assert web_address([]) == ""
