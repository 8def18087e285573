# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the stand-ins for OneFlow, OneGate and the exporter share: configuration, log, account, an HTTP server."""

from __future__ import annotations

import base64
import hashlib
import logging
import signal
import sys
import time
import xmlrpc.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

log = logging.getLogger("ONE")


class Refused(Exception):
    """oned refuses; the text is oned's."""


def call(url: str, session: str, method: str, *parameters: Any) -> str:
    """Call oned. Raises Refused, and OSError where it gives no answer."""
    answer: Any = getattr(xmlrpc.client.ServerProxy(url), f"one.{method}")(session, *parameters)
    if not answer[0]:
        raise Refused(str(answer[1]))
    return str(answer[1])


class Service:
    """A service NAME: /etc/one/NAME-server.conf, ~/.one/NAME_auth and /var/log/one/NAME.log."""

    def __init__(self, name: str) -> None:
        text = Path(f"/etc/one/{name}-server.conf").read_text(encoding="utf-8")
        self.conf: dict[str, Any] = {key.lstrip(":"): value for key, value in yaml.safe_load(text).items()}
        logging.basicConfig(filename=f"/var/log/one/{name}.log", level=logging.INFO, format="%(asctime)s %(message)s")
        try:
            # with what stands at the end, a newline too: the real one strips it, an oned that hashed it would not match
            self.user, self.password = Path(f"/var/lib/one/.one/{name}_auth").read_text(encoding="utf-8").split(":", 1)
        except (OSError, ValueError) as error:
            print(f"Error initializing authentication system: {error}", file=sys.stderr)
            sys.exit(255)

    def session(self, user: str) -> str:
        """A session for any user, as the account of the services gets one: the driver server_cipher decrypts it."""
        key = hashlib.sha256(self.password.encode()).hexdigest()[:32].encode()
        padder = padding.PKCS7(128).padder()
        text = padder.update(f"{self.user}:{user}:{int(time.time()) + 3600}".encode()) + padder.finalize()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        token = base64.b64encode(encryptor.update(text) + encryptor.finalize()).decode()
        return f"{self.user}:{user}:{token}"

    def call(self, session: str, method: str, *parameters: Any) -> str:
        return call(self.conf["one_xmlrpc"], session, method, *parameters)

    def as_server(self, method: str, *parameters: Any) -> str:
        return self.call(self.session(self.user), method, *parameters)

    def serve(self, handler: type[BaseHTTPRequestHandler]) -> None:
        serve(self.conf["host"], self.conf["port"], handler)


def serve(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    log.info("listening on %s:%s", host, port)
    server.serve_forever()


class Handler(BaseHTTPRequestHandler):
    """Answers with a status and a text."""

    service: Service
    kind = "application/json"

    def reply(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        pass
