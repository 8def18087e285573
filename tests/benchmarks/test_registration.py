# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark itself: that every way does its work, that it counts right, and what it concludes."""

from __future__ import annotations

import json
import subprocess
import sys
import xmlrpc.client
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from counting_proxy import Traffic, counting
from judgement import judge
from registration import Bench, Row

SCRIPT = Path(__file__).with_name("registration.py")
FIRST, AGAIN, CHANGED, ABSENT = "first run", "re-run", "one changed", "all absent"


def test_every_way_on_the_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONED_URL", raising=False)
    report = tmp_path / "report.json"
    command = [sys.executable, str(SCRIPT), "--hosts", "3", "--rounds", "0", "--json", str(report)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(report.read_text())
    calls = {(row["way"], row["phase"]): row["calls"] for row in found["rows"]}
    requests = {(row["way"], row["phase"]): row["requests"] for row in found["rows"]}
    # reads beside the writes: the pool before, and after if there was something to do
    assert [calls["one_host", phase] for phase in (FIRST, AGAIN, CHANGED, ABSENT)] == [5, 1, 3, 5]
    assert [calls["raw, one by one", phase] for phase in (FIRST, AGAIN, CHANGED, ABSENT)] == [3, 1, 2, 4]
    assert requests["raw, multicall of 100", FIRST] == 1
    assert calls["community.general.one_host", AGAIN] == 6
    assert all(row["cpu"] > 0 and row["octets"] > 0 for row in found["rows"])
    assert "met     re-run of 3: 1 calls" in ended.stdout


def test_times_are_those_of_the_rounds_and_numbers_those_of_the_counting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, traffic = Bench("http://oned", "a:b", tmp_path), Traffic("http://proxy")
    walls = {traffic.url: [9.0], bench.url: [3.0, 1.0, 2.0]}

    def phases(way: str, count: int, url: str, _traffic: Traffic) -> list[Row]:
        wall = walls[url].pop(0)
        return [Row(count, FIRST, way, wall, wall - 1, wall * 2, *((4, 5, 6) if url == traffic.url else (7, 8, 9)))]

    monkeypatch.setattr(bench, "phases", phases)
    assert bench.measure(["raw, one by one"], 10, 3, traffic) == [
        Row(10, FIRST, "raw, one by one", wall=2, net=1, cpu=4, requests=4, calls=5, octets=6)
    ]
    assert not any(walls.values())


def test_a_way_that_fails_ends_the_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONED_URL", "http://127.0.0.1:1/RPC2")
    monkeypatch.delenv("ONED_AUTH", raising=False)
    ended = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stderr.strip() == "ONED_URL needs ONED_AUTH=user:password"


def test_the_proxy_counts_what_is_in_a_multicall() -> None:
    class Oned(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = xmlrpc.client.dumps(([True, "ä", 0],), methodresponse=True, encoding="utf-8").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Oned)
    Thread(target=server.serve_forever, daemon=True).start()
    with counting(f"http://127.0.0.1:{server.server_address[1]}/RPC2") as traffic:
        client: Any = xmlrpc.client.ServerProxy(traffic.url)
        assert client.one.system.version("a:b") == [True, "ä", 0]
        client.system.multicall([{"methodName": "one.x", "params": []}] * 7)
        requests, calls, octets = traffic.taken()
        assert (requests, calls) == (2, 8)
        assert octets > 1000
        assert traffic.taken() == (0, 0, 0)
    server.shutdown()
    server.server_close()


def row(hosts: int, phase: str, way: str, seconds: float, calls: int = 0) -> dict[str, Any]:
    return {"hosts": hosts, "phase": phase, "way": way, "wall": seconds + 1, "net": seconds, "cpu": 1.0, "calls": calls}


def ours(hosts: int, first: float, calls: tuple[int, int] = (1, 3)) -> list[dict[str, Any]]:
    kept = [row(hosts, FIRST, "one_host", first), row(hosts, AGAIN, "one_host", 0.5, calls[0])]
    return [*kept, row(hosts, CHANGED, "one_host", 0.5, calls[1])]


def test_the_best_parallel_client_is_the_measure() -> None:
    rows = [row(1000, FIRST, "raw, 8 at a time", 9), row(1000, FIRST, "raw, multicall of 50, 4 at a time", 4.5)]
    assert [target["met"] for target in judge([*rows, *ours(1000, 5)])] == [True, True, True]
    assert [target["met"] for target in judge([*rows, *ours(1000, 5.1)])] == [False, True, True]
    assert [target["met"] for target in judge([*rows, *ours(1000, 5, (3, 4))])] == [True, False, False]


def test_what_was_not_measured_is_not_judged() -> None:
    assert judge([]) == []
    assert len(judge(ours(10, 1))) == 2


def test_the_loop_has_to_be_slower_by_far_in_wall_and_in_cpu() -> None:
    slow = {**row(100, FIRST, "community.general.one_host", 20), "cpu": 25.0}
    assert [target["met"] for target in judge([*ours(100, 1), slow])] == [True, True, True]
    assert [target["met"] for target in judge([*ours(100, 1.2), slow])] == [True, True, False]
    assert [target["met"] for target in judge([*ours(100, 1), {**slow, "cpu": 19.0}])] == [True, True, False]
