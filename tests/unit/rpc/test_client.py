# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The client: decoding, batches, and what it tries again."""

from __future__ import annotations

import threading
import time
import xmlrpc.client
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import wire
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import (
    BATCH,
    IN_FLIGHT,
    SMALLEST,
    Call,
    Client,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError, Unreachable
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport, Oned


class Scripted:
    """Answers from a list; an exception in it is raised. Keeps to its last entry."""

    place = "oned"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.timeouts: list[float] = []

    def post(self, body: bytes, timeout: float) -> bytes:
        self.bodies.append(body)
        self.timeouts.append(timeout)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return answer
        return xmlrpc.client.dumps((answer,), methodresponse=True).encode()


def client(*answers: Any) -> tuple[Client, Scripted, Clock]:
    transport, clock = Scripted(*answers), Clock()
    return Client(transport, "oneadmin", "secret", clock=clock, sleep=clock.sleep), transport, clock


def test_the_session_is_the_first_parameter_and_never_shown() -> None:
    one, transport, _clock = client([True, 7, 0])
    assert one.read("one.host.info", 7, False) == 7
    params, method = xmlrpc.client.loads(transport.bodies[0])
    assert (method, params) == ("one.host.info", ("oneadmin:secret", 7, False))
    assert "secret" not in repr(one)


def test_text_outside_ascii_arrives_whole() -> None:
    one, transport, _clock = client([True, "Hôte €", 0])
    assert one.read("one.host.info", "é€") == "Hôte €"
    assert xmlrpc.client.loads(transport.bodies[0])[0][1] == "é€"


def raw(text: str) -> bytes:
    """As oned's library writes [true, text, 0]."""
    values = (
        f"<value><boolean>1</boolean></value>\r\n<value><string>{text}</string></value>\r\n<value><i4>0</i4></value>"
    )
    array = f"<value><array><data>\r\n{values}\r\n</data></array></value>"
    start = '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n<params>\r\n<param>'
    return f"{start}{array}</param>\r\n</params>\r\n</methodResponse>\r\n".encode()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("ab<>&;\"'#x3ltgmpquos é€\n\t"), max_size=40))
def test_a_text_is_read_as_the_library_reads_it(text: str) -> None:
    answer = raw(escape(text, {'"': "&quot;"}))
    assert wire.value("one.x", answer, "oned") == xmlrpc.client.loads(answer)[0][0]
    assert wire.value("one.x", answer, "oned")[1] == text


@pytest.mark.parametrize("text", ["a&#x0d;b", "a&#38;lt;b", "&amp;lt;", "&amp;#60;"])
def test_entities_are_replaced_once(text: str) -> None:
    assert wire.value("one.x", raw(text), "oned") == xmlrpc.client.loads(raw(text))[0][0]


def test_a_text_that_is_not_utf_8_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="cut off or not XML-RPC"):
        wire.value("one.x", raw("x").replace(b"x<", b"\xff<"), "oned")


def test_a_refusal_carries_method_code_and_message() -> None:
    one, _transport, _clock = client([False, "[one.host.info] Error getting host [9].", 1024, 9, -1])
    with pytest.raises(OnedError) as caught:
        one.read("one.host.info", 9)
    error = caught.value
    assert (error.method, error.code, error.message) == ("one.host.info", 1024, "Error getting host [9].")
    assert str(error) == "one.host.info: Error getting host [9]. (code 1024)"


def test_a_fault_is_an_error_with_its_code() -> None:
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(-501, "Not enough parameters")).encode()
    one, _transport, _clock = client(fault)
    with pytest.raises(OnedError, match="Not enough parameters") as caught:
        one.read("one.host.info")
    assert caught.value.code == -501


@pytest.mark.parametrize("answer", ["text", [], [True], [1, 2, 3], {"a": 1}])
def test_an_answer_that_is_not_oneds_is_said_to_be_so(answer: Any) -> None:
    one, _transport, _clock = client(answer)
    with pytest.raises(OnedError, match="does not look like oned's"):
        one.read("one.host.info")


def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    whole = xmlrpc.client.dumps(([True, 1, 0],), methodresponse=True).encode()
    one, _transport, _clock = client(whole[:60])
    with pytest.raises(NoAnswer, match="cut off"):
        one.write("one.host.delete", 1)


PASSING = [
    pytest.param([False, "[m] Cannot process request, no leader found", 8192, -1, -1], id="no leader"),
    pytest.param([False, "[m] Cannot process request, oned cluster in election mode", 8192, -1, -1], id="election"),
    pytest.param([False, "[m] Cannot process request, oned cluster is replicating log", 8192, -1, -1], id="replay"),
    pytest.param([False, "[m] Error getting cluster [0].", 1024, 0, -1], id="stopping"),
    pytest.param([False, "[m] User couldn't be authenticated, aborting call.", 256, -1, -1], id="database away"),
    pytest.param(Unreachable("refused", passing=True), id="refused"),
]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("answer", PASSING)
def test_what_passes_is_tried_again(answer: Any, write: bool) -> None:
    one, transport, clock = client(answer, answer, [True, 3, 0])
    assert (one.write if write else one.read)("one.host.status", 3, 0) == 3
    assert len(transport.bodies) == 3
    assert 0 < clock.now < 5


@pytest.mark.parametrize("answer", PASSING)
def test_what_does_not_pass_is_reported_in_the_end(answer: Any) -> None:
    one, _transport, clock = client(answer)
    with pytest.raises(OnedError):
        one.write("one.host.status", 3, 0)
    assert 25 < clock.now < 70


AWAY = [False, "[m] User couldn't be authenticated, aborting call.", 256, -1, -1]


def test_a_refused_password_is_not_called_wrong_for_sure() -> None:
    one, _transport, clock = client(AWAY)
    with pytest.raises(OnedError) as caught:
        one.read("one.hostpool.info")
    assert caught.value.code == 256
    assert "oned refuses user oneadmin: either the password is wrong or, if it is a token, expired" in str(caught.value)
    assert "or oned's database is away" in str(caught.value)
    assert "(tried for 3" in str(caught.value)
    assert 30 <= clock.now < 40


def test_a_password_that_was_right_a_moment_ago_gets_more_patience() -> None:
    one, _transport, clock = client([True, 1, 0], AWAY)
    one.read("one.hostpool.info")
    with pytest.raises(OnedError, match="no longer takes the password of user oneadmin, which was right a moment ago"):
        one.read("one.hostpool.info")
    assert clock.now >= 60


@pytest.mark.parametrize("write", [False, True])
def test_what_was_reached_a_moment_ago_comes_back(write: bool) -> None:
    page = Unreachable("answers with HTML instead of XML-RPC")
    one, _transport, _clock = client([True, 1, 0], page, page, [True, 3, 0])
    one.read("one.hostpool.info")
    assert (one.write if write else one.read)("one.host.status", 3, 0) == 3


def test_a_read_that_fails_inside_of_oned_is_repeated_and_a_write_is_not() -> None:
    broken = [False, "[one.userpool.info] Internal error", 8192, -1, -1]
    one, transport, _clock = client(broken, [True, "<USER_POOL/>", 0])
    assert one.read("one.userpool.info") == "<USER_POOL/>"
    one, transport, clock = client(broken)
    with pytest.raises(OnedError, match="Internal error"):
        one.read("one.userpool.info")
    assert 10 <= clock.now < 20
    one, transport, clock = client(broken)
    with pytest.raises(OnedError, match="Internal error"):
        one.write("one.host.status", 3, 0)
    assert (len(transport.bodies), clock.now) == (1, 0)


def test_other_refusals_are_reported_at_once() -> None:
    one, transport, clock = client([False, "[m] NAME is already taken by HOST 0.", 8192, -1, -1])
    with pytest.raises(OnedError):
        one.write("one.host.allocate", "kvm1", "kvm", "kvm", -1)
    assert (len(transport.bodies), clock.now) == (1, 0)


def test_a_refused_write_is_sent_once_by_a_real_clock() -> None:
    transport = Scripted([False, "[m] NAME is already taken by HOST 0.", 8192, -1, -1])
    with pytest.raises(OnedError):
        Client(transport, "oneadmin", "secret").write("one.host.allocate", "kvm1", "kvm", "kvm", -1)
    assert len(transport.bodies) == 1


def test_what_cannot_be_reached_at_all_is_reported_at_once() -> None:
    one, transport, clock = client(Unreachable("no such name"))
    with pytest.raises(Unreachable, match="no such name"):
        one.read("one.hostpool.info")
    assert (len(transport.bodies), clock.now) == (1, 0)


@pytest.mark.parametrize(
    "answer", [NoAnswer("closed"), [False, "[m] libcurl failed to execute the HTTP POST transaction", 8192, -1, -1]]
)
def test_without_an_answer_reads_are_repeated_and_writes_are_not(answer: Any) -> None:
    one, transport, _clock = client(answer, [True, "<HOST_POOL/>", 0])
    assert one.read("one.hostpool.info") == "<HOST_POOL/>"
    one, transport, _clock = client(answer, [True, 0, 0])
    with pytest.raises(NoAnswer):
        one.write("one.host.allocate", "kvm1", "kvm", "kvm", -1)
    assert len(transport.bodies) == 1


def test_several_calls_are_one_request() -> None:
    one, transport, _clock = client(
        [[[True, "a", 0]], [[False, "[one.y] no", 2048, -1, -1]], {"faultCode": -506, "faultString": "?"}]
    )
    first, second, third = one.read_many([Call("one.x"), Call("one.y", (1,)), Call("one.z")])
    assert first == "a"
    assert (second.method, second.code, second.message) == ("one.y", 2048, "no")
    assert (third.method, third.code, third.message) == ("one.z", -506, "?")
    params: Any
    params, method = xmlrpc.client.loads(transport.bodies[0])
    assert method == "system.multicall"
    assert params[0][1] == {"methodName": "one.y", "params": ["oneadmin:secret", 1]}
    assert transport.timeouts == [30.0 + 3 * 0.5]


def test_only_the_calls_that_failed_are_sent_again() -> None:
    refused = [[False, "[m] Cannot process request, no leader found", 8192, -1, -1]]
    one, transport, _clock = client([[[True, 1, 0]], refused, [[True, 3, 0]]], [True, 2, 0])
    assert one.write_many([Call("one.a"), Call("one.b"), Call("one.c")]) == [1, 2, 3]
    assert xmlrpc.client.loads(transport.bodies[1]) == (("oneadmin:secret",), "one.b")


def test_a_batch_that_answers_too_little_is_no_answer() -> None:
    one, _transport, _clock = client([[[True, 1, 0]]])
    outcomes = one.write_many([Call("one.a"), Call("one.b")])
    assert all(isinstance(outcome, NoAnswer) for outcome in outcomes)
    assert [outcome.method for outcome in outcomes] == ["one.a", "one.b"]


def test_no_calls_send_nothing() -> None:
    one, transport, _clock = client([True, 1, 0])
    assert one.write_many([]) == []
    assert transport.bodies == []


def test_many_calls_go_in_batches_with_few_in_flight() -> None:
    flying, limit, lock = 0, 0, threading.Lock()
    two_at_once = threading.Event()

    def before(_body: bytes) -> None:
        nonlocal flying, limit
        with lock:
            flying += 1
            limit = max(limit, flying)
            together = flying == 2
        if together:
            two_at_once.set()
        assert two_at_once.wait(5), "no two requests were under way at once"

    def after(_body: bytes) -> None:
        nonlocal flying
        with lock:
            flying -= 1

    oned = Oned()
    one = Client(ModelTransport(oned, before=before, after=after), "oneadmin", "secret")
    calls = [Call("one.host.allocate", (f"host-{n}", "kvm", "kvm", -1)) for n in range(BATCH * 5 + 1)]
    ids = one.write_many(calls)
    assert sorted(ids) == list(range(BATCH * 5 + 1))
    assert [oned.hosts[number].name for number in ids] == [call.params[0] for call in calls]
    assert oned.requests < len(calls) / SMALLEST
    assert 2 <= limit <= IN_FLIGHT


def test_fewer_requests_are_under_way_while_oned_turns_some_away() -> None:
    """Two at a time are served here, any further one is refused; in the end every call is executed once."""
    oned, lock, peaks = Oned(), threading.Lock(), [0]
    flying = 0

    def before(_body: bytes) -> None:
        nonlocal flying
        with lock:
            flying += 1
            peaks[-1] = max(peaks[-1], flying)
            refused = flying > 2
            if refused:
                flying -= 1
                peaks.append(0)
        time.sleep(0.01)
        if refused:
            raise Unreachable("refused", passing=True)

    def after(_body: bytes) -> None:
        nonlocal flying
        with lock:
            flying -= 1

    one = Client(ModelTransport(oned, before=before, after=after), "oneadmin", "secret", sleep=lambda _seconds: None)
    calls = [Call("one.host.allocate", (f"host-{n}", "kvm", "kvm", -1)) for n in range(BATCH * 20)]
    assert sorted(one.write_many(calls)) == list(range(BATCH * 20))
    assert peaks[0] > 2
    assert 1 < len(peaks) < 10, "it is tried seldom"


def test_every_kind_of_error_keeps_its_method_in_a_batch() -> None:
    kinds: list[tuple[Exception, Callable[[OnedError], bool]]] = [
        (Unreachable("x"), lambda e: isinstance(e, Unreachable)),
        (NoAnswer("x"), lambda e: isinstance(e, NoAnswer)),
        (OnedError("system.multicall", -501, "x"), lambda e: e.code == -501),
    ]
    for raised, right in kinds:
        one, _transport, _clock = client(raised)
        outcomes = one.write_many([Call("one.a"), Call("one.b")])
        assert [(outcome.method, right(outcome)) for outcome in outcomes] == [("one.a", True), ("one.b", True)]
