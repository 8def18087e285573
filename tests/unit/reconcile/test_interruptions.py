# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The database goes away, and connections break, at every point of a run, for every kind of object."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import failure
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import HttpTransport, Transport
from cloud_model import Cloud, shape
from oned_model import Clock, ModelTransport, Refused
from resource_cases import SUBJECTS, Item, Subject, cloud

Result = dict[str, Any]
KIND_NAMES = pytest.mark.parametrize("kind_name", SUBJECTS)
# What a 6.10.0.1 oned was seen to answer to writes under way when its MariaDB was killed, beside 256.
STRANGE = [
    ("", 8192),
    ("Internal error", 8192),
    ("Error getting cluster [0].", 1024),
    ("Error getting host [7].", 1024),
]
# Seconds after which a run gives up for good, however many calls it has to make.
BOUND = 80


@dataclass(frozen=True)
class Act:
    """A run: the desired state, the options, and what is registered before."""

    subject: Subject
    before: Sequence[Item]
    items: Sequence[Item]
    options: dict[str, Any]

    @cached_property
    def _ready(self) -> Cloud:
        made = cloud()
        if self.before:
            perform(made, Act(self.subject, [], self.before, {}), ModelTransport(made), Clock())
        made.log.clear()
        made.requests = 0
        return made

    def prepared(self) -> Cloud:
        """A cloud before the run, another one each time."""
        return copy.deepcopy(self._ready, {id(self._ready.lock): RLock()})


def acts(subject: Subject) -> Iterator[Act]:
    """Registering, each way of changing, and removing."""
    yield Act(subject, [], subject.first, {})
    for items in subject.then:
        yield Act(subject, subject.first, items, {})
    yield Act(subject, subject.first, subject.gone, {"state": "absent"})


def perform(made: Cloud, act: Act, transport: Transport, clock: Clock) -> Result:
    client = Client(transport, "oneadmin", "secret", clock=clock, sleep=clock.sleep)
    return engine.ensure(client, act.subject.make(act.items, act.options), check_mode=False)


def undisturbed(act: Act) -> tuple[Cloud, Result]:
    made = act.prepared()
    return made, perform(made, act, ModelTransport(made), Clock())


def reported(result: Result) -> Any:
    return [(entry["name"], entry["failed"], sorted(entry["actions"])) for entry in result["results"]]


def database_goes(made: Cloud, clock: Clock, at: int, seconds: float, strange: tuple[str, int] | None = None) -> None:
    """From the call numbered `at` on oned knows no password. strange: how it refuses that call, if it is a write."""
    left, gone_since = at, -1.0

    def away(method: str, _params: tuple[Any, ...]) -> None:
        nonlocal left, gone_since
        left -= 1
        if left == -1:
            gone_since = clock.now
            if strange is not None:
                raise Refused(*(("Internal error", 8192) if method.endswith(".info") else strange))
        if left < 0 and clock.now < gone_since + seconds:
            raise Refused("User couldn't be authenticated, aborting call.", 256)

    made.misbehave = away


@KIND_NAMES
@pytest.mark.parametrize("strange", [None, *STRANGE], ids=str)
def test_a_restart_of_the_database_is_sat_out(kind_name: str, strange: tuple[str, int] | None) -> None:
    subject = SUBJECTS[kind_name]
    for act in acts(subject):
        reference, expected = undisturbed(act)
        for at in range(len(reference.log)):
            made, clock = act.prepared(), Clock()
            database_goes(made, clock, at, 20, strange)
            assert reported(perform(made, act, ModelTransport(made), clock)) == reported(expected), (act, at)
            assert shape(made) == shape(reference)
            assert 20 <= clock.now < 60


@KIND_NAMES
def test_a_database_that_stays_away_is_reported_and_the_next_run_finishes(kind_name: str) -> None:
    subject = SUBJECTS[kind_name]
    for act in acts(subject):
        reference, expected = undisturbed(act)
        planned = {entry["name"]: entry["actions"] for entry in expected["results"]}
        for at in range(len(reference.log)):
            made, clock = act.prepared(), Clock()
            database_goes(made, clock, at, 10**9)
            try:
                result = perform(made, act, ModelTransport(made), clock)
            except OnedError as error:
                assert "database" in str(error) and str(error).count("nothing was changed") == 1
                assert made.writes == []
            else:
                check_report(result, planned, failure(kind_name, result["results"]) or "")
            assert clock.now < BOUND
            made.misbehave = lambda _method, _params: None
            perform(made, act, ModelTransport(made), Clock())
            assert perform(made, act, ModelTransport(made), Clock())["changed"] is False
            assert shape(made) == shape(reference), (act, at)


def check_report(result: Result, planned: dict[str, list[str]], message: str) -> None:
    """Whatever was not done is named, with what was."""
    assert "database seems to be away" in message
    for entry in result["results"]:
        undone = [action for action in planned[entry["name"]] if action not in entry["actions"]]
        if undone:
            assert entry["failed"] and entry["name"] in message
            assert f"not done: {', '.join(undone)}" in entry["msg"]
        if undone and entry["actions"]:
            assert f"; done: {', '.join(entry['actions'])};" in entry["msg"]
        if "allocate" in entry["actions"]:
            assert entry["id"] is not None and entry["state"] != "ABSENT"


class Wire:
    """The model behind a real socket, which breaks at one request in one way."""

    def __init__(self) -> None:
        self.made = cloud()
        self.at, self.way, self.served = -1, "", 0
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                broken = wire.served == wire.at
                wire.served += 1
                self.close_connection = True
                if broken and wire.way == "cut before it is executed":
                    return
                answer = wire.made.answer(body)
                if broken and wire.way == "cut after it was executed":
                    return
                if broken and wire.way == "a proxy's error":
                    self.send_error(502)
                    return
                self.send_response(200)
                length = len(answer)
                if broken and wire.way == "an answer without a body":
                    answer = b""
                elif broken and wire.way == "half an answer, its length known":
                    answer = answer[: length // 2]
                if not (broken and wire.way == "half an answer, its length unknown"):
                    self.send_header("Content-Length", str(length))
                else:
                    answer = answer[: length // 2]
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.transport = HttpTransport(f"http://127.0.0.1:{self.server.server_address[1]}/RPC2")
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def breaks(self, made: Cloud, at: int, way: str) -> None:
        self.made, self.at, self.way, self.served = made, at, way, 0


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    served = Wire()
    yield served
    served.server.shutdown()
    served.server.server_close()


@KIND_NAMES
@pytest.mark.parametrize(
    "way",
    [
        "cut before it is executed",
        "cut after it was executed",
        "a proxy's error",
        "an answer without a body",
        "half an answer, its length known",
        "half an answer, its length unknown",
    ],
)
def test_a_connection_that_breaks_once_changes_nothing_about_the_outcome(wire: Wire, kind_name: str, way: str) -> None:
    subject = SUBJECTS[kind_name]
    every = list(acts(subject))
    for act in (every[0], every[1], every[-1]):
        reference, expected = undisturbed(act)
        for at in range(reference.requests):
            made = act.prepared()
            wire.breaks(made, at, way)
            assert reported(perform(made, act, wire.transport, Clock())) == reported(expected), (act, at)
            assert shape(made) == shape(reference)
