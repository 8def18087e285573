# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The services of the cloud: where they are, and a console as a browser opens it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import websocket
from conftest import Cloud

SERVICES = ("fireedge", "flow", "gate")
HOST = "cloud.lab.test"


def pods(cloud: Cloud, component: str) -> list[dict[str, Any]]:
    found = cloud.kubectl("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "json")
    return [dict(pod) for pod in json.loads(found)["items"]]


def ready(cloud: Cloud, component: str) -> bool:
    conditions = [condition for pod in pods(cloud, component) for condition in pod["status"]["conditions"]]
    return [condition["status"] for condition in conditions if condition["type"] == "Ready"] == ["True"]


def lives(cloud: Cloud) -> dict[str, tuple[str, list[int]]]:
    """Return what changes when a pod is another one or one of its containers starts again: its uid and its restarts.

    By component, of pods that are to stay.
    """
    found = json.loads(cloud.kubectl("get", "pods", "-o", "json"))["items"]
    return {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: (
            pod["metadata"]["uid"],
            [status["restartCount"] for status in pod["status"]["containerStatuses"]],
        )
        for pod in found
        if pod["metadata"]["labels"].get("app.kubernetes.io/component") and "deletionTimestamp" not in pod["metadata"]
    }


def deploy(cloud: Cloud, **variables: object) -> None:
    """Deploy the control plane with these variables of the role, and nothing else."""
    values = json.dumps({f"control_plane_{name}": value for name, value in variables.items()})
    done = cloud.playbook("site", "--tags", "control_plane", "-e", values)
    assert done.returncode == 0, done.stdout[-3000:]


def inside(cloud: Cloud, component: str, script: str) -> str:
    return cloud.kubectl("exec", f"deployment/opennebula-{component}", "--", "bash", "-c", script)


def signal(cloud: Cloud, component: str, program: str, name: str) -> None:
    """Send it to the program and to what it has started: supervisord gives each a process group of its own."""
    supervisor = "supervisorctl -c /etc/kubenebula/supervisord.conf"
    inside(cloud, component, f"kill -{name} -- -$({supervisor} pid {program})")


def service(cloud: Cloud, component: str) -> str:
    """Return HOST:PORT of its Service."""
    spec = json.loads(cloud.kubectl("get", "service", f"opennebula-{component}", "-o", "json"))["spec"]
    return f"{spec['clusterIP']}:{spec['ports'][0]['port']}"


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def metrics(cloud: Cloud) -> list[str]:
    with urllib.request.urlopen(f"http://{service(cloud, 'exporter')}/metrics", timeout=10) as answer:
        return str(answer.read().decode()).splitlines()


def console_token(cloud: Cloud, host: str, port: int) -> str:
    """Return a token as FireEdge makes them: what to connect to, encrypted with its key by another implementation."""
    key = cloud.secret("opennebula-fireedge-key")["fireedge_key"].encode()
    settings = {"hostname": host, "port": str(port), "password": None}
    text = json.dumps({"connection": {"type": "vnc", "settings": settings}})
    iv = os.urandom(16)
    openssl = ["openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex()]
    value = subprocess.run(openssl, input=text.encode(), capture_output=True, check=True).stdout
    parts = {"iv": base64.b64encode(iv).decode(), "value": base64.b64encode(value).decode()}
    return base64.b64encode(json.dumps(parts).encode()).decode()


class Console:
    """A console: what guacd sends, instruction by instruction."""

    def __init__(self, server: str, token: str, ca: str = "") -> None:
        """With the certificate of who vouches for the server, over TLS."""
        query = urllib.parse.urlencode({"token": token, "width": 800, "height": 600})
        url = f"{'wss' if ca else 'ws'}://{server}/fireedge/guacamole?{query}"
        options = {"sslopt": {"ca_certs": ca}} if ca else {}
        self.socket = websocket.create_connection(url, timeout=20, subprotocols=["guacamole"], **options)

    def until(self, wanted: set[str], seconds: float) -> dict[str, str]:
        """Return the first of each instruction, by opcode, as soon as the wanted ones are among them; answers syncs."""
        seen: dict[str, str] = {}
        end = time.monotonic() + seconds
        while not wanted <= seen.keys() and time.monotonic() < end:
            for instruction in str(self.socket.recv()).split(";"):
                opcode, dummy, rest = instruction.partition(",")
                name = opcode.partition(".")[2]
                seen.setdefault(name, rest)
                if name == "sync":
                    self.socket.send(f"4.sync,{rest};")
        return seen

    def close(self) -> None:
        self.socket.close()
