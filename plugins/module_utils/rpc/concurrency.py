# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapts the number of concurrent requests to what oned serves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
# Answers in a row after which one more concurrent request is tried.
GROW_AFTER = 6


@dataclass
class ConcurrencyLimit:
    """Halves if a request gets no answer or is refused, and grows by one after GROW_AFTER answers in a row.

    limit: the maximum number of concurrent requests. allowed: the current maximum, at least one.
    """

    limit: int
    allowed: int = field(init=False)
    _answered: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.allowed = self.limit

    def run(self, work: Callable[[T], R], items: Sequence[T], overloaded: Callable[[R], bool]) -> list[R]:
        """`work` on every item, once each. Returns the results, in order. overloaded: whether a result is no answer."""
        if len(items) == 1:
            result = work(items[0])
            self._learn(overloaded(result))
            return [result]
        results: dict[int, R] = {}
        waiting = deque(range(len(items)))
        running: dict[Future[R], int] = {}
        with ThreadPoolExecutor(self.limit) as pool:
            while waiting or running:
                while waiting and len(running) < self.allowed:
                    index = waiting.popleft()
                    running[pool.submit(work, items[index])] = index
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    index = running.pop(done)
                    results[index] = done.result()
                    self._learn(overloaded(results[index]))
        return [results[index] for index in range(len(items))]

    def _learn(self, overloaded: bool) -> None:
        self._answered = 0 if overloaded else self._answered + 1
        if overloaded:
            self.allowed = max(1, self.allowed // 2)
        elif self._answered >= GROW_AFTER:
            self.allowed, self._answered = min(self.limit, self.allowed + 1), 0
