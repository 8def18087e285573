# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oneadmin's SSH keys in a Secret, their public keys in a ConfigMap, and the calls of the Kubernetes API for both.

The Secret contains ``id_ed25519``, the key in use. During a rotation it also contains ``id_ed25519_next`` until the
hypervisors accept it, and then ``id_ed25519_previous`` until no hypervisor needs it. The pods load all keys.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
CURRENT, NEXT, PREVIOUS = "id_ed25519", "id_ed25519_next", "id_ed25519_previous"
Json = dict[str, Any]


class Problem(Exception):
    """An error that the operator has to solve; its text says how."""


def request(method: str, path: str, body: Json | None = None) -> Json | None:
    """Call the API server in the pod's namespace; return None where the object does not exist."""
    namespace = (ACCOUNT / "namespace").read_text()
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    server = f"https://{f'[{host}]' if ':' in host else host}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    url = f"{server}/api/v1/namespaces/{namespace}/{path}"
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    call = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(call, context=context, timeout=30) as answer:
            found: Json = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        if error.code == 404 and method == "GET":
            return None
        raise Problem(f"{method} {path}: {json.load(error).get('message', error)}") from None


def decoded(secret: Json) -> dict[str, str]:
    """Return the content of a Secret."""
    return {key: base64.b64decode(value).decode() for key, value in secret.get("data", {}).items()}


def encoded(content: dict[str, str]) -> dict[str, str]:
    """Return the data of a Secret with a content."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}


def key_pair(comment: str) -> str:
    """Return a new ed25519 private key in OpenSSH's format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True)
        return path.read_text()


def public_half(private: str) -> str:
    """Return the public key, type and base64, of a private one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        path.touch(mode=0o600)
        path.write_text(private)
        command = ["ssh-keygen", "-y", "-P", "", "-f", path]
        derived = subprocess.run(command, capture_output=True, text=True, check=False)
    if derived.returncode:
        reason = derived.stderr.strip()
        raise Problem(
            f"a private SSH key cannot be read; it has to be in OpenSSH's format without a passphrase: {reason}"
        )
    return " ".join(derived.stdout.split()[:2])


def authorized(keys: dict[str, str], alias: str) -> dict[str, str]:
    """Return the data of the ConfigMap with oneadmin's public keys.

    ``authorized_keys`` are those that hypervisors have to accept, ``retiring_keys`` those that some hypervisor may
    still need. Their comment distinguishes them from the operator's keys on a hypervisor.
    """

    def lines(*names: str) -> str:
        return "".join(f"{public_half(keys[name])} kubenebula:{alias}\n" for name in names if name in keys)

    data = {"authorized_keys": lines(CURRENT, NEXT)}
    if PREVIOUS in keys:
        data["retiring_keys"] = lines(PREVIOUS)
    return data


def publish(name: str, data: dict[str, str], labels: dict[str, str]) -> None:
    """Create or update the ConfigMap of the public keys."""
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": data}
    found = request("GET", f"configmaps/{name}")
    if found is None:
        request("POST", "configmaps", desired)
    elif found.get("data") != data:
        request("PUT", f"configmaps/{name}", desired)
