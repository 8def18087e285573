# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A browser outside of the cluster: its sessions with FireEdge, and the consoles that it opens."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import requests
import websocket
from cloud import HYPERVISORS, STATE, Cloud, wait
from web import HOST, inside, pods

SITE = f"https://{HOST}"
CA = str(STATE / "pki/ca.crt")
WATCHED_SECONDS = 300


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


class Watch:
    """A console that is watched for five minutes, from outside."""

    def __init__(self, cloud: Cloud, port: int) -> None:
        """Open it, of the virtual machine whose screen is at this port of kvm1."""
        self.cloud, self.port = cloud, port
        self.console = Console(HOST, console_token(cloud, HYPERVISORS["kvm1"], port), CA)
        self.browser = ThreadPoolExecutor(1)
        self.seen = self.browser.submit(self.console.until, {"never"}, WATCHED_SECONDS)
        # FireEdge has accepted it, and its guacd is about to connect to the screen
        wait(lambda: any(map(self.leads_to_the_screen, self.pods())), 30)
        (self.pod,) = filter(self.leads_to_the_screen, self.pods())

    def pods(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in pods(self.cloud, "fireedge")]

    def leads_to_the_screen(self, pod: str) -> bool:
        return f":{self.port:04X} 01 " in inside(self.cloud, pod, "cat /proc/net/tcp")

    @property
    def other_pod(self) -> str:
        """The pod of FireEdge in whose way nobody watches."""
        (other,) = [name for name in self.pods() if name != self.pod]
        return other

    def had_back(self) -> Console:
        """The console, when it has been open for five minutes."""
        assert {"ready", "size", "img"} <= self.seen.result().keys()
        return self.console

    def close(self) -> None:
        """Which ends the watching as well."""
        self.console.close()
        self.browser.shutdown()


class Visitor(requests.Session):
    """A browser: it has cookies, and a session once it has logged in."""

    def __init__(self) -> None:
        super().__init__()
        # what the machine has for the internet does not concern it
        self.trust_env = False
        self.verify = CA

    def login(self, name: str, password: str) -> int:
        answer = self.post(f"{SITE}/fireedge/api/auth", json={"user": name, "token": password}, timeout=60)
        if answer.ok:
            self.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
        return answer.status_code

    def status(self, path: str) -> int:
        return self.get(f"{SITE}/fireedge/api/{path}", timeout=60).status_code
