# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""An API server on loopback that forbids the service proxy, lists pods and forwards ports over websockets."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAMESPACE = "/api/v1/namespaces/one"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DATA, ERROR = 0, 1


def pod(name: str, ready: bool = True, **metadata: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {"metadata": {"name": name, **metadata}, "status": {"conditions": [condition]}}


@dataclass
class ApiServer:
    """answer: what oned in the pod makes of a request body; None closes the connection instead.

    proxy, listing, forward: HTTP status of the service proxy, of listing pods and of the handshake.
    error: what comes on the port's error channel instead of oned.
    """

    answer: Callable[[bytes], bytes | None]
    pods: list[dict[str, Any]] = field(default_factory=lambda: [pod("cloud-oned-0")])
    proxy: int = 403
    listing: int = 200
    forward: int = 101
    error: str = ""
    url: str = ""
    seen: list[str] = field(default_factory=list)
    at_once: int = 0
    peak: int = 0
    lock: Lock = field(default_factory=Lock)


@contextmanager
def serve(server: ApiServer) -> Iterator[ApiServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append("proxy")
            if server.proxy == 200:
                self.send(200, "text/xml", server.answer(body) or b"")
            else:
                self.refuse(server.proxy, "cannot create services/proxy")

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            if url.path == f"{NAMESPACE}/pods":
                server.seen.append(query["labelSelector"][0])
                if server.listing != 200:
                    self.refuse(server.listing, "cannot list pods")
                else:
                    found = {"kind": "PodList", "apiVersion": "v1", "items": server.pods}
                    self.send(200, "application/json", json.dumps(found).encode())
            else:
                name = url.path.removeprefix(f"{NAMESPACE}/pods/").removesuffix("/portforward")
                server.seen.append(f"{name}:{query['ports'][0]} {self.headers['Authorization']}")
                if server.forward != 101:
                    self.refuse(server.forward, 'cannot get "pods/portforward"')
                else:
                    self.tunnel(int(query["ports"][0]))

        def tunnel(self, port: int) -> None:
            self.close_connection = True
            accept = base64.b64encode(hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + MAGIC).digest())
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", accept.decode())
            self.end_headers()
            with server.lock:
                server.at_once += 1
                server.peak = max(server.peak, server.at_once)
            for channel in (DATA, ERROR):
                self.frame(channel, struct.pack("<H", port))
            if server.error:
                self.frame(ERROR, server.error.encode())
            else:
                answer = server.answer(self.request_body())
                with server.lock:
                    server.at_once -= 1
                if answer is not None:
                    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(answer)}\r\n\r\n"
                    self.frame(DATA, head.encode() + answer)
                    self.rfile.read()  # the real one leaves closing to the client

        def frame(self, channel: int, data: bytes) -> None:
            payload = bytes([channel]) + data
            self.wfile.write(struct.pack("!BBQ", 0x82, 127, len(payload)) + payload)

        def request_body(self) -> bytes:
            """Take frames until there is a whole HTTP request."""
            request = b""
            while True:
                _opcode, length = self.rfile.read(2)
                length &= 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", self.rfile.read(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", self.rfile.read(8))
                mask = self.rfile.read(4)
                request += bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(length)))[1:]
                head, end, body = request.partition(b"\r\n\r\n")
                wanted = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                if end and len(body) >= int(wanted[0].split(b":")[1]):
                    return body

        def send(self, code: int, kind: str, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def refuse(self, code: int, message: str) -> None:
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
            self.send(code, "application/json", json.dumps(status, separators=(",", ":")).encode())

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_args: object) -> None:
            pass  # clients that give up are part of the tests

    listener = Server(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
