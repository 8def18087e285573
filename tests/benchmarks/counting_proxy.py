# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A proxy on loopback in front of oned that counts what passes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

_CALL = b"<name>methodName</name>"


@dataclass
class Traffic:
    """requests: over the network. calls: those in a multicall one by one. octets: of bodies, both ways."""

    url: str
    requests: int = 0
    calls: int = 0
    octets: int = 0
    lock: Lock = field(default_factory=Lock)

    def add(self, request: bytes, answer: bytes) -> None:
        with self.lock:
            self.requests += 1
            self.calls += request.count(_CALL) or 1
            self.octets += len(request) + len(answer)

    def taken(self) -> tuple[int, int, int]:
        """Requests, calls and octets since this was last asked."""
        with self.lock:
            numbers = (self.requests, self.calls, self.octets)
            self.requests = self.calls = self.octets = 0
        return numbers


@contextmanager
def counting(oned: str) -> Iterator[Traffic]:
    """Serve in front of the address `oned` until the block is left."""
    target = urlsplit(oned)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection(target.hostname or "", target.port, timeout=300)
            upstream.request("POST", target.path, body, {"Content-Type": "text/xml"})
            response = upstream.getresponse()
            answer = response.read()
            upstream.close()
            traffic.add(body, answer)
            self.send_response(response.status)
            self.send_header("Content-Type", response.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    traffic = Traffic(f"http://127.0.0.1:{server.server_address[1]}/RPC2")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield traffic
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
