# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML-RPC with oned: session, decoding, errors, batches, and which failed calls are repeated."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import wire
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.characters import bad_character
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.concurrency import ConcurrencyLimit
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import (
    AUTHENTICATION,
    INTERNAL,
    NoAnswer,
    OnedError,
    Persistent,
    SetupError,
    Unreachable,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import Transport

# Measured against oned on MariaDB: batches of 50 with 2-4 in flight are fastest. By default oned serves 15 connections
# at once, for all clients together. The last batches are smaller, so that all end at the same time.
BATCH, SMALLEST = 50, 10
IN_FLIGHT = 4
# A batch is one call to the network; each call in it gets this many seconds on top of the timeout.
EXTRA_SECONDS = 0.5
# Messages of oned while a zone has no leader, while oned replays its log, while it stops, and while its database
# cannot be reached (cluster 0 always exists). oned has not executed a call that it answers like this.
_UNAVAILABLE = re.compile(r"no leader found|in election mode|is replicating log|Error getting cluster \[0\]")
# A follower forwarded the call to the leader and got no answer.
_LOST_BEHIND_FOLLOWER = "libcurl failed"


@dataclass(frozen=True)
class Call:
    """One XML-RPC method and its parameters after the session."""

    method: str
    params: tuple[Any, ...] = ()


Outcome = Any  # the value that oned returned, or an OnedError


@dataclass(frozen=True)
class RetryLimits:
    """Seconds for which calls are repeated after a transient failure, before that is reported."""

    # While its database cannot be reached, oned answers 256 to a correct password. A wrong password should be reported
    # within a minute.
    authentication: float = 30.0
    connection_refused: float = 60.0
    no_leader: float = 60.0
    no_answer: float = 60.0
    # A read during which the database connection broke fails with "Internal error".
    internal: float = 10.0


@dataclass
class Client:
    """Talks to one oned. Reads are repeated after any transient failure; writes only when oned certainly did nothing.

    username, password: the session is "username:password" (XML-RPC reference, authentication).
    timeout: seconds one call may take. Without quorum oned holds a write for 120 s, so the client needs a limit.
    """

    transport: Transport
    username: str
    password: str = field(repr=False)
    timeout: float = 30.0
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _concurrency: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(IN_FLIGHT), init=False)
    _accepted: bool = field(default=False, init=False)
    # The limits are for all calls together: after a limit was exceeded, each call is tried once until one succeeds.
    _gave_up: bool = field(default=False, init=False)

    def read(self, method: str, *params: Any) -> Any:
        """Call a method that changes nothing. Returns oned's value, raises OnedError."""
        return _value(self.read_many([Call(method, params)])[0])

    def write(self, method: str, *params: Any) -> Any:
        """Call a method that changes something. Raises NoAnswer if its outcome is unknown: look up before repeating."""
        return _value(self.write_many([Call(method, params)])[0])

    def read_many(self, calls: Sequence[Call]) -> list[Outcome]:
        """Several reads in few requests. One outcome per call, in order. A failed call does not stop the others."""
        return self._many(calls, write=False)

    def read_all(self, calls: Sequence[Call]) -> list[Any]:
        """Several reads in few requests, all of which have to succeed. Raises OnedError."""
        return [_value(outcome) for outcome in self.read_many(calls)]

    def write_many(self, calls: Sequence[Call]) -> list[Outcome]:
        """Several writes in few requests, several requests at a time. oned may execute them in any order."""
        return self._many(calls, write=True)

    def _many(self, calls: Sequence[Call], *, write: bool) -> list[Outcome]:
        outcomes: list[Outcome] = [_unsendable(call) for call in calls]
        since: dict[int, float] = {}
        pending = [index for index, problem in enumerate(outcomes) if problem is None]
        pause = 0.5
        while pending:
            self._once(calls, pending, outcomes)
            again = []
            now = self.clock()
            for index in pending:
                outcome = outcomes[index]
                if not isinstance(outcome, OnedError):
                    self._accepted, self._gave_up = True, False
                    continue
                waited = now - since.setdefault(index, now)
                retry_seconds = self._retry_seconds(outcome, write=write)
                if waited < retry_seconds and not self._gave_up:
                    again.append(index)
                else:
                    self._gave_up = self._gave_up or retry_seconds > 0
                    outcomes[index] = self._final(outcome, waited)
            pending = again
            if pending:
                self.sleep(pause)
                pause = min(pause * 2, 4.0)
        return outcomes

    def _once(self, calls: Sequence[Call], pending: list[int], outcomes: list[Outcome]) -> None:
        batches = list(_batches(pending))
        answers = self._concurrency.run(lambda batch: self._send([calls[i] for i in batch]), batches, _overloaded)
        for batch, answer in zip(batches, answers, strict=True):
            for index, outcome in zip(batch, answer, strict=True):
                outcomes[index] = outcome

    def _send(self, batch: list[Call]) -> list[Outcome]:
        session = f"{self.username}:{self.password}"
        try:
            if len(batch) == 1:
                call = batch[0]
                answer = self._exchange(call.method, (session, *call.params), self.timeout)
                return [_outcome(call.method, answer)]
            packed = [{"methodName": c.method, "params": [session, *c.params]} for c in batch]
            seconds = self.timeout + EXTRA_SECONDS * len(batch)
            answers = self._exchange("system.multicall", (packed,), seconds)
            if not isinstance(answers, list) or len(answers) != len(batch):
                raise NoAnswer(f"{self.transport.place} did not answer every call of a batch of {len(batch)}")
        except OnedError as error:
            return [_for_method(error, call.method) for call in batch]
        return [_unpacked(call.method, answer) for call, answer in zip(batch, answers, strict=True)]

    def _exchange(self, method: str, params: tuple[Any, ...], seconds: float) -> Any:
        return wire.value(method, self.transport.post(wire.request(method, params), seconds), self.transport.place)

    def _retry_seconds(self, error: OnedError, *, write: bool) -> float:
        """For how many seconds a call that failed like this is repeated. 0 if it is not repeated."""
        if isinstance(error, Unreachable):
            # oned was reached a moment ago, so it will come back, whatever answers in its place now.
            return self.retry_limits.connection_refused if error.passing or self._accepted else 0.0
        if isinstance(error, NoAnswer):
            return 0.0 if write else self.retry_limits.no_answer
        if error.code == AUTHENTICATION and not self._accepted:
            return self.retry_limits.authentication
        if error.code == AUTHENTICATION or _UNAVAILABLE.search(error.message):
            return self.retry_limits.no_leader  # the password was accepted a moment ago
        return self.retry_limits.internal if error.code == INTERNAL and not write else 0.0

    def _final(self, error: OnedError, waited: float) -> OnedError:
        tried = f" (tried for {waited:.0f} s)" if waited else ""
        if error.code == AUTHENTICATION:
            why = (
                f"oned no longer takes the password of user {self.username}, which was right a moment ago: its "
                "database seems to be away"
                if self._accepted
                else f"oned refuses user {self.username}: either the password is wrong or, if it is a token, expired, "
                f'or oned\'s database is away, for it answers all of them with "{error.message}"'
            )
            return Persistent(error.method, error.code, f"{why}{tried}")
        if _UNAVAILABLE.search(error.message):
            return Persistent(error.method, error.code, f"{error.message}{tried}")
        if isinstance(error, Unreachable):
            return Unreachable(f"{error.message}{tried}", method=error.method)
        return error


def _batches(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    start = 0
    while start < len(indexes):
        size = min(BATCH, max(SMALLEST, -(-(len(indexes) - start) // IN_FLIGHT)))
        yield indexes[start : start + size]
        start += size


def _unsendable(call: Call) -> SetupError | None:
    bad = bad_character(call.params)
    return None if bad is None else SetupError(f"{call.method} cannot send the character {bad!r}")


def _overloaded(answer: list[Outcome]) -> bool:
    return any(isinstance(outcome, (Unreachable, NoAnswer)) for outcome in answer)


def _for_method(error: OnedError, method: str) -> OnedError:
    if isinstance(error, Unreachable):
        return Unreachable(error.message, passing=error.passing, method=method)
    if isinstance(error, NoAnswer):
        return NoAnswer(error.message, method=method)
    return OnedError(method, error.code, error.message)


def _outcome(method: str, answer: Any) -> Outcome:
    """[true, value, 0] gives the value; [false, message, code, ...] an OnedError (XML-RPC reference, return values)."""
    if not isinstance(answer, list) or len(answer) < 2 or not isinstance(answer[0], bool):
        return OnedError(method, 0, f"the answer to {method} does not look like oned's")
    if answer[0]:
        return answer[1]
    message = str(answer[1])
    if _LOST_BEHIND_FOLLOWER in message:
        return NoAnswer(f"oned could not pass {method} on to its leader ({message})", method=method)
    return OnedError(method, int(answer[2]) if len(answer) > 2 else 0, message)


def _unpacked(method: str, answer: Any) -> Outcome:
    """One element of a system.multicall answer: a list that holds the result, or a fault."""
    if isinstance(answer, dict) and "faultCode" in answer:
        return OnedError(method, int(answer["faultCode"]), str(answer.get("faultString", "")))
    return _outcome(method, answer[0] if isinstance(answer, list) and len(answer) == 1 else answer)


def _value(outcome: Outcome) -> Any:
    if isinstance(outcome, OnedError):
        raise outcome
    return outcome
