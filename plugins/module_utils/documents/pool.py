# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an object in a pool, by name or by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml


class Named(Protocol):
    """Any object that oned lists."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def _identity(item: Named) -> tuple[str, str]:
    """What is unique in oned: names of some resource kinds are unique only per owner."""
    return item.name, getattr(item, "owner", "")


@dataclass(frozen=True)
class Ref:
    """Name and id of an object to which others refer."""

    id: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({'planned' if self.id >= _PLANNED_IDS else self.id})"


# Ids from here on are for planned objects, which do not exist yet. oned's ids are far below.
_PLANNED_IDS = 2**31


def planned(names: Iterable[str], existing: Iterable[Ref]) -> list[Ref]:
    """Objects with these names that do not exist yet, for plans that are not applied."""
    known = {ref.name.casefold() for ref in existing}
    new = [name for name in dict.fromkeys(map(str.strip, names)) if name.casefold() not in known]
    return [Ref(_PLANNED_IDS + number, name) for number, name in enumerate(new)]


def refs(document: str, tag: str, method: str) -> list[Ref]:
    """Names and ids of a pool document."""
    return [Ref(xml.number(e, "ID"), xml.text(e, "NAME")) for e in xml.objects(document, tag, method)]


def pick(items: Iterable[N], name_or_id: str) -> N | None:
    """The object with this id, if `name_or_id` is all digits, else with this name (exactly, then ignoring case)."""
    items = list(items)
    if name_or_id.isdecimal():
        return next((item for item in items if item.id == int(name_or_id)), None)
    for key in (str, str.casefold):
        for item in items:
            if key(item.name) == key(name_or_id):
                return item
    return None


@dataclass(frozen=True)
class Pool(Generic[N]):
    """Objects of one resource kind, found by id or name in constant time."""

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
        """Objects with this name, ignoring case."""
        return self._alike.get(name.casefold(), ())

    def older_duplicate(self, number: int) -> N | None:
        """Another object with the same name and owner as this one, and a lower id."""
        return next((item for item in self._with_duplicates(number) if item.id < number), None)

    def newer_duplicates(self, number: int) -> Sequence[N]:
        """Other objects with the same name and owner as this one, and higher ids."""
        return [item for item in self._with_duplicates(number) if item.id > number]

    def _with_duplicates(self, number: int) -> Sequence[N]:
        own = self.by_id.get(number)
        return [] if own is None else [o for o in self.alike(own.name) if _identity(o) == _identity(own)]

    def without_new_duplicates(self, known: Collection[int]) -> Pool[N]:
        """The objects without new ones (not in `known`) that have an older duplicate and are about to be removed."""
        return Pool([item for item in self.items if item.id in known or self.older_duplicate(item.id) is None])

    def find(self, kind_name: str, name: str) -> N | None:
        """The object with exactly this name, else the only one whose name differs only in case.

        oned on MariaDB ignores case in names, on SQLite not. kind_name: for messages. Raises LookupError if several
        objects match.
        """
        alike = self.alike(name)
        exact = [item for item in alike if item.name == name]
        if len(exact) > 1 or (not exact and len(alike) > 1):
            several = ", ".join(f"{item.name} ({item.id})" for item in exact or alike)
            raise LookupError(f"several {kind_name}s are called like this: {several}")
        return next(iter(exact or alike), None)

    def find_either(self, kind_name: str, name: str, new_name: str | None) -> N | None:
        """The object with the name `name` or `new_name`. Raises LookupError if both exist."""
        found = self.find(kind_name, name)
        if new_name is None or new_name == name:
            return found
        renamed = self.find(kind_name, new_name)
        if found is None or renamed is None or found.id == renamed.id:
            return renamed if found is None else found
        raise LookupError(f"it cannot be renamed to {new_name}: there is such a {kind_name} already ({renamed.id})")
