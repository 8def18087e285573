# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests are under way at once: as many as oned serves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
# Answers in a row after which one more request is tried.
GROW_AFTER = 6


@dataclass
class Pace:
    """Halves when a request gets no answer or is turned away, and grows again by one when a few in a row are answered.

    most: requests that are ever under way at once. now: those allowed at the moment, at least one.
    """

    most: int
    now: int = field(init=False)
    _answered: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.now = self.most

    def run(self, work: Callable[[T], R], items: Sequence[T], troubled: Callable[[R], bool]) -> list[R]:
        """`work` on every item, once each. Returns what it returned, in order. troubled: whether that was no answer."""
        if len(items) == 1:
            result = work(items[0])
            self._learn(troubled(result))
            return [result]
        results: dict[int, R] = {}
        waiting = deque(range(len(items)))
        flying: dict[Future[R], int] = {}
        with ThreadPoolExecutor(self.most) as pool:
            while waiting or flying:
                while waiting and len(flying) < self.now:
                    index = waiting.popleft()
                    flying[pool.submit(work, items[index])] = index
                for done in wait(flying, return_when=FIRST_COMPLETED).done:
                    index = flying.pop(done)
                    results[index] = done.result()
                    self._learn(troubled(results[index]))
        return [results[index] for index in range(len(items))]

    def _learn(self, troubled: bool) -> None:
        self._answered = 0 if troubled else self._answered + 1
        if troubled:
            self.now = max(1, self.now // 2)
        elif self._answered >= GROW_AFTER:
            self.now, self._answered = min(self.most, self.now + 1), 0
