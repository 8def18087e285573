# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the probe says of an oned that bootstraps, serves, hangs, or has lost its database."""

from __future__ import annotations

import socket
import sys
import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest


class Oned(BaseHTTPRequestHandler):
    """Answers every call with the server's answer; None is no answer at all."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer  # type: ignore[attr-defined]
        if answer is None:
            self.server.release.wait()  # type: ignore[attr-defined]
            return
        body = xmlrpc.client.dumps((answer,), methodresponse=True).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def oned() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Oned)
    server.answer = [True, "6.10.0", 0]  # type: ignore[attr-defined]
    server.release = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.release.set()  # type: ignore[attr-defined]
    server.shutdown()


@pytest.fixture
def database() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def reconciled(tmp_path: Path) -> Path:
    path = tmp_path / "reconciled"
    path.touch()
    return path


@pytest.fixture
def verdict(
    script: Callable[[str], ModuleType],
    oned: ThreadingHTTPServer,
    database: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    reconciled: Path,
) -> Callable[[str], int]:
    probe = script("oned/libexec/probe")
    real = probe.HTTPConnection
    monkeypatch.setattr(probe, "TIMEOUT", 0.5)
    monkeypatch.setattr(
        probe, "HTTPConnection", lambda host, _port, timeout: real(host, oned.server_port, timeout=timeout)
    )
    monkeypatch.setattr(probe.Path, "read_text", lambda _self: "oneadmin:secret\n")
    monkeypatch.setattr(probe, "RECONCILED", reconciled)
    monkeypatch.setenv("DATABASE_BACKEND", "mysql")
    monkeypatch.setenv("DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("DATABASE_PORT", str(database.getsockname()[1]))

    def ask(check: str) -> int:
        monkeypatch.setattr(sys, "argv", ["probe", check])
        code: int = probe.main()
        return code

    return ask


def verdicts(ask: Callable[[str], int]) -> dict[str, bool]:
    return {check: ask(check) == 0 for check in ("started", "ready", "live")}


def test_serving(verdict: Callable[[str], int]) -> None:
    assert verdicts(verdict) == {"started": True, "ready": True, "live": True}


def test_the_services_have_no_account_yet(verdict: Callable[[str], int], reconciled: Path) -> None:
    reconciled.unlink()
    assert verdicts(verdict) == {"started": True, "ready": False, "live": True}


def test_the_database_is_away(
    verdict: Callable[[str], int], oned: ThreadingHTTPServer, database: socket.socket
) -> None:
    database.close()
    refusal = "[one.system.version] User couldn't be authenticated, aborting call."
    oned.answer = [False, refusal, 256, -1, -1]  # type: ignore[attr-defined]
    assert verdicts(verdict) == {"started": True, "ready": False, "live": True}


def test_oned_hangs_with_its_database_away(
    verdict: Callable[[str], int], oned: ThreadingHTTPServer, database: socket.socket
) -> None:
    database.close()
    oned.answer = None  # type: ignore[attr-defined]
    assert verdicts(verdict) == {"started": False, "ready": False, "live": True}


def test_oned_hangs_with_its_database_there(verdict: Callable[[str], int], oned: ThreadingHTTPServer) -> None:
    oned.answer = None  # type: ignore[attr-defined]
    assert verdicts(verdict) == {"started": False, "ready": False, "live": False}
