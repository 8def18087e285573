# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Two runs at once against the same oned end in the same state as one."""

from __future__ import annotations

import itertools
import xmlrpc.client
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from cloud_model import Cloud, shape
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport
from resource_cases import SUBJECTS, Item, Subject, cloud

Result = dict[str, Any]
KIND_NAMES = list(SUBJECTS)
TURNS = st.lists(st.integers(0, 1), min_size=4, max_size=30)


@dataclass
class Turns:
    """Says which of two clients makes the next call, as long as both have some to make."""

    order: Iterator[int]
    now: int = 0
    ended: set[int] = field(default_factory=set)
    changed: Condition = field(default_factory=Condition)

    def take(self, who: int) -> None:
        with self.changed:
            ours = self.changed.wait_for(lambda: self.now == who or self.ended, timeout=20)
            assert ours, "the other client hangs"

    def give(self) -> None:
        with self.changed:
            self.now = next(self.order)
            self.changed.notify_all()

    def end(self, who: int) -> None:
        with self.changed:
            self.ended.add(who)
            self.changed.notify_all()


@dataclass
class InTurns(ModelTransport):
    """Makes every call when it is its turn, those of a batch one by one."""

    turns: Turns = field(default_factory=lambda: Turns(itertools.repeat(0)))
    who: int = 0

    def post(self, body: bytes, timeout: float) -> bytes:
        params: Any
        params, method = xmlrpc.client.loads(body)
        batch = method == "system.multicall"
        calls = [(c["methodName"], c["params"]) for c in params[0]] if batch else [(method, params)]
        answers = []
        for name, given_params in calls:
            self.turns.take(self.who)
            single = xmlrpc.client.dumps(tuple(given_params), name, encoding="utf-8").encode()
            answers.append(xmlrpc.client.loads(self.oned.answer(single))[0][0])
            self.turns.give()
        value: Any = [[answer] for answer in answers] if batch else answers[0]
        return xmlrpc.client.dumps((value,), methodresponse=True, encoding="utf-8").encode()


def run(made: Cloud, subject: Subject, items: Sequence[Item], transport: Any = None, **params: Any) -> Result:
    clock = Clock()
    client = Client(transport or ModelTransport(made), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
    return engine.ensure(client, subject.make(items, params), check_mode=False)


def at_once(made: Cloud, subject: Subject, items: Sequence[Item], order: Sequence[int], **params: Any) -> list[Result]:
    """Both results of two runs whose calls take turns as `order` says, over and over again."""
    turns = Turns(itertools.cycle(order))
    ended: dict[int, Result | BaseException] = {}

    def work(who: int) -> None:
        try:
            ended[who] = run(made, subject, items, InTurns(made, turns=turns, who=who), **params)
        except BaseException as error:
            ended[who] = error
        finally:
            turns.end(who)

    threads = [Thread(target=work, args=(who,), daemon=True) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for outcome in ended.values():
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for _who, outcome in sorted(ended.items()) if isinstance(outcome, dict)]


def judge(subject: Subject, before: Sequence[Item], items: Sequence[Item], order: Sequence[int], **params: Any) -> None:
    """Both runs succeed with whatever one alone succeeds, and leave behind what one leaves behind."""
    made, alone = cloud(), cloud()
    for one in (made, alone):
        run(one, subject, before)
    expected = run(alone, subject, items, **params)
    made.racing = True
    both = at_once(made, subject, items, order, **params)
    made.racing = False
    failures = [[(entry["name"], entry["msg"]) for entry in result["results"] if entry["failed"]] for result in both]
    assert failures == [[(e["name"], e["msg"]) for e in expected["results"] if e["failed"]]] * 2
    assert any(result["changed"] for result in both) is expected["changed"]
    assert run(made, subject, items, **params)["changed"] is False
    run(alone, subject, items, **params)
    assert shape(made) == shape(alone)


EXAMPLES = settings(max_examples=20, deadline=None, derandomize=True)


@pytest.mark.parametrize("kind_name", KIND_NAMES)
@EXAMPLES
@given(order=TURNS)
def test_registering(kind_name: str, order: list[int]) -> None:
    judge(SUBJECTS[kind_name], [], SUBJECTS[kind_name].first, order)


@pytest.mark.parametrize("kind_name", KIND_NAMES)
@EXAMPLES
@given(order=TURNS, way=st.integers(0, 9), mode=st.sampled_from(["merge", "replace"]))
def test_changing(kind_name: str, order: list[int], way: int, mode: str) -> None:
    subject = SUBJECTS[kind_name]
    judge(subject, subject.first, subject.then[way % len(subject.then)], order, template_mode=mode)


@pytest.mark.parametrize("kind_name", KIND_NAMES)
@EXAMPLES
@given(order=TURNS)
def test_removing(kind_name: str, order: list[int]) -> None:
    judge(SUBJECTS[kind_name], SUBJECTS[kind_name].first, SUBJECTS[kind_name].gone, order, state="absent")
