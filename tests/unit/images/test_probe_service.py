# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the probe of the services says of daemons that serve, refuse, fail, hang or are gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest


@pytest.fixture
def probe(script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("base/libexec/probe-service")
    monkeypatch.setattr(module, "TIMEOUT", 0.5)
    return module


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def serve(listener: socket.socket, answer: bytes) -> None:
    """Answer each connection once, after its first bytes."""

    def loop() -> None:
        while True:
            try:
                connection, dummy = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

    threading.Thread(target=loop, daemon=True).start()


def verdict(probe: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["probe-service", *arguments])
    code: int = probe.main()
    return code


@pytest.mark.parametrize(("status", "code"), [(200, 0), (302, 0), (400, 0), (401, 0), (500, 1), (503, 1)])
def test_an_answer_below_500_is_service(
    probe: ModuleType, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    serve(listener, b"HTTP/1.1 %d X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status)
    assert verdict(probe, monkeypatch, f"http://127.0.0.1:{listener.getsockname()[1]}/") == code


@pytest.mark.parametrize("scheme", ["http", "guacd"])
def test_a_stopped_process_takes_connections_and_is_noticed(
    probe: ModuleType, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    assert verdict(probe, monkeypatch, url) == 1
    listener.close()
    assert verdict(probe, monkeypatch, url) == 1


def test_guacd_that_runs_ends_a_console_it_does_not_know(
    probe: ModuleType, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(listener, b"")
    assert verdict(probe, monkeypatch, f"guacd://127.0.0.1:{listener.getsockname()[1]}") == 0


def test_what_must_not_be_asked_has_to_take_connections(
    probe: ModuleType, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    assert verdict(probe, monkeypatch, url) == 0
    listener.close()
    assert verdict(probe, monkeypatch, url) == 1


def supervise(probe: ModuleType, monkeypatch: pytest.MonkeyPatch, *programs: dict[str, object]) -> None:
    """Let supervisord know these programs."""

    class Proxy:
        def __init__(self, *_arguments: object, **_options: object) -> None:
            self.supervisor = self

        def getAllProcessInfo(self) -> tuple[dict[str, object], ...]:
            return programs

    monkeypatch.setattr(probe.xmlrpc.client, "ServerProxy", Proxy)


@pytest.mark.parametrize(("state", "code"), [("RUNNING", 0), ("STARTING", 1), ("BACKOFF", 1), ("STOPPED", 1)])
def test_every_program_has_to_run(
    probe: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str, code: int
) -> None:
    logs = {"name": "logs", "statename": "RUNNING", "pid": os.getpid()}
    supervise(probe, monkeypatch, logs, {"name": "guacd", "statename": state, "pid": 0})
    assert verdict(probe, monkeypatch, "--programs") == code
    assert ("guacd is" in capsys.readouterr().out) == bool(code)


def test_a_program_that_a_signal_holds(
    probe: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """supervisord does not notice it, and where the program must not be asked nobody else would."""
    with subprocess.Popen(["sleep", "60"]) as process:
        supervise(probe, monkeypatch, {"name": "exporter", "statename": "RUNNING", "pid": process.pid})
        try:
            assert verdict(probe, monkeypatch, "--programs") == 0
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            assert verdict(probe, monkeypatch, "--programs") == 1
            assert "exporter is stopped by a signal" in capsys.readouterr().out
            process.send_signal(signal.SIGCONT)
            os.waitid(os.P_PID, process.pid, os.WCONTINUED | os.WNOWAIT)
            assert verdict(probe, monkeypatch, "--programs") == 0
        finally:
            process.kill()


def test_supervisord_that_is_gone(probe: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SUPERVISOR", "/nowhere/supervisor.sock")
    assert verdict(probe, monkeypatch, "--programs") == 1
