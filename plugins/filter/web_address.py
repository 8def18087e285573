# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where users find FireEdge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

PAGE = "/fireedge/sunstone"


def address(found: Mapping[str, Any]) -> str:
    """Return the URL that an Ingress, an HTTPRoute or a Route leads from."""
    spec = found["spec"]
    if found["kind"] == "Ingress":
        return f"{'https' if spec.get('tls') else 'http'}://{spec['rules'][0]['host']}{PAGE}"
    # Whether there is TLS is up to the Gateway. Passwords must not be sent without it.
    host = (spec.get("hostnames") or [""])[0] if found["kind"] == "HTTPRoute" else spec.get("host")
    return f"https://{host}{PAGE}" if host else ""


def web_address(objects: Iterable[Mapping[str, Any]]) -> str:
    """Return FireEdge's address, or how to reach it. Empty if FireEdge is not deployed.

    :param objects: its Services, Ingresses, HTTPRoutes and Routes
    """
    found = list(objects)
    for one in found:
        if one["kind"] != "Service" and (url := address(one)):
            return url
    for one in found:
        if one["kind"] == "Service":
            name, port = one["metadata"]["name"], one["spec"]["ports"][0]["port"]
            forward = f"kubectl -n {one['metadata']['namespace']} port-forward svc/{name} {port}"
            return f"{forward}, then http://localhost:{port}{PAGE}"
    return ""


class FilterModule:
    """Filter ``web_address``."""

    def filters(self) -> dict[str, Any]:
        return {"web_address": web_address}
