# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A kubeconfig, and refusals of an API server."""

from __future__ import annotations

import json
from pathlib import Path

from http_server import Behaviour


def kubeconfig(folder: Path, server: str, token: str = "t0ken") -> str:
    path = folder / "kubeconfig"
    entry = {"name": "lab"}
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "lab",
                "clusters": [{**entry, "cluster": {"server": server}}],
                "users": [{**entry, "user": {"token": token}}],
                "contexts": [{**entry, "context": {"cluster": "lab", "user": "lab"}}],
            }
        )
    )
    return str(path)


def status(code: int, message: str) -> Behaviour:
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code})
    return lambda _path, _headers, _body: (code, "application/json", body.encode())
