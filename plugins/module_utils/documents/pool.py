# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an object in what oned listed: by name or by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml


class Named(Protocol):
    """Anything oned lists."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def _identity(item: Named) -> tuple[str, str]:
    """What is unique in oned: some names are unique per owner only."""
    return item.name, getattr(item, "owner", "")


@dataclass(frozen=True)
class Ref:
    """Name and id of an object, as others reference it."""

    id: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({'planned' if self.id >= _PLANNED_IDS else self.id})"


# Ids from here on stand for objects that are planned and do not exist yet; oned's ids are far below.
_PLANNED_IDS = 2**31


def planned(called: Iterable[str], existing: Iterable[Ref]) -> list[Ref]:
    """Objects of these names that do not exist yet, for plans that are not applied."""
    there = {ref.name.casefold() for ref in existing}
    new = [name for name in dict.fromkeys(map(str.strip, called)) if name.casefold() not in there]
    return [Ref(_PLANNED_IDS + number, name) for number, name in enumerate(new)]


def refs(document: str, tag: str, method: str) -> list[Ref]:
    """Names and ids of a pool document."""
    return [Ref(xml.number(e, "ID"), xml.text(e, "NAME")) for e in xml.objects(document, tag, method)]


def pick(items: Iterable[N], wanted: str) -> N | None:
    """The one of this id, if `wanted` is all digits, else of this name (exactly, then without regard to case)."""
    items = list(items)
    if wanted.isdecimal():
        return next((item for item in items if item.id == int(wanted)), None)
    for key in (str, str.casefold):
        for item in items:
            if key(item.name) == key(wanted):
                return item
    return None


@dataclass(frozen=True)
class Pool(Generic[N]):
    """Objects of one kind, found by id or name in constant time."""

    items: Sequence[N] = ()

    @cached_property
    def by_id(self) -> Mapping[int, N]:
        return {item.id: item for item in self.items}

    @cached_property
    def _alike(self) -> Mapping[str, Sequence[N]]:
        alike: dict[str, list[N]] = {}
        for item in self.items:
            alike.setdefault(item.name.casefold(), []).append(item)
        return alike

    def alike(self, name: str) -> Sequence[N]:
        """Objects whose names differ from `name` in capitals at most."""
        return self._alike.get(name.casefold(), ())

    def older_duplicate(self, number: int) -> N | None:
        """Another object of the name and the owner of this one, with a lower id."""
        return next((item for item in self._like(number) if item.id < number), None)

    def newer_duplicates(self, number: int) -> Sequence[N]:
        """Other objects of the name and the owner of this one, with higher ids."""
        return [item for item in self._like(number) if item.id > number]

    def _like(self, number: int) -> Sequence[N]:
        own = self.by_id.get(number)
        return [] if own is None else [o for o in self.alike(own.name) if _identity(o) == _identity(own)]

    def without_new_duplicates(self, known: Collection[int]) -> Pool[N]:
        """The objects without new ones (not in `known`) that have an older duplicate: those are about to be removed."""
        return Pool([item for item in self.items if item.id in known or self.older_duplicate(item.id) is None])

    def find(self, word: str, name: str) -> N | None:
        """The object of this name: exactly, else the only one that differs in capitals alone.

        oned on MariaDB takes both for the same name, on SQLite not. word: what to call such objects. Raises LookupError
        when several are alike.
        """
        alike = self.alike(name)
        exact = [item for item in alike if item.name == name]
        if len(exact) > 1 or (not exact and len(alike) > 1):
            several = ", ".join(f"{item.name} ({item.id})" for item in exact or alike)
            raise LookupError(f"several {word}s are called like this: {several}")
        return next(iter(exact or alike), None)

    def wanted(self, word: str, name: str, new_name: str | None) -> N | None:
        """The object that is called `name`, or `new_name` already. Raises LookupError when both exist."""
        found = self.find(word, name)
        if new_name is None or new_name == name:
            return found
        renamed = self.find(word, new_name)
        if found is None or renamed is None or found.id == renamed.id:
            return renamed if found is None else found
        raise LookupError(f"it cannot be renamed to {new_name}: there is such a {word} already ({renamed.id})")
