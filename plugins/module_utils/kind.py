# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one kind of object, declared by name, says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import names, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Step, Thing, View, Wish, World


class Kind:
    """The class variables say what it is; a kind overrides the methods in which it differs."""

    word: ClassVar[str]
    # First part of its methods, such as one.cluster, and the element of one object in the pool.
    methods: ClassVar[str]
    listing: ClassVar[Call]
    tag: ClassVar[str]
    # Options that name objects of other kinds: {option: word}.
    naming: ClassVar[Mapping[str, str]] = {}
    # Those among them whose order means something.
    ordered: ClassVar[frozenset[str]] = frozenset()
    # Further options that show in the view under the same name.
    shown: ClassVar[Sequence[str]] = ()
    # Options that stand for an attribute of the template: {option: attribute}.
    folded: ClassVar[Mapping[str, str]] = {}
    # Attributes that cannot stand in the option template: {attribute: what to do instead}.
    refused: ClassVar[Mapping[str, str]] = {}
    # Attributes that oned adds and needs, which replacing a template keeps.
    kept: ClassVar[frozenset[str]] = frozenset()
    # States in which an object is not usable yet, and in which it is about to vanish.
    busy: ClassVar[frozenset[str]] = frozenset()
    leaving: ClassVar[frozenset[str]] = frozenset()
    renames: ClassVar[bool] = True
    name_refuses: ClassVar[str] = ""
    delete_arguments: ClassVar[tuple[Any, ...]] = ()
    # What the method info takes between the id and whether to decrypt.
    info_arguments: ClassVar[tuple[Any, ...]] = ()

    def name_problem(self, name: str) -> str | None:
        """Why oned would refuse a name, or None."""
        return names.object_name_problem(name, self.name_refuses)

    def view(self, element: xml.Element) -> View:
        return {"template": xml.template(element)}

    def thing(self, element: xml.Element) -> Thing:
        """One object of the pool."""
        return Thing(
            xml.number(element, "ID"), xml.text(element, "NAME"), xml.text(element, "UNAME"), self.view(element)
        )

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        """Arguments of allocate, and the view that a new object then has."""
        return (wish["called"],), {"template": {}}

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        """What is needed beside rename and template."""
        yield from ()

    def mistakes(self, wish: Wish, thing: Thing | None, world: World) -> Iterator[str]:
        """What is wrong with a wish, told before anything is changed."""
        yield from ()

    def problem(self, wish: Wish, thing: Thing, world: World) -> str | None:
        """Why nothing can be done about this object, although the wish is sound."""
        return None

    def broken(self, thing: Thing) -> str | None:
        """Why an object is not usable, although there was nothing more to do about it."""
        return None

    def undeletable(self, thing: Thing) -> str | None:
        """Why an object cannot be removed."""
        return None

    def membership(
        self, option: str, wish: Wish, view: View, world: World, call: Callable[[bool, int], Change]
    ) -> Iterator[Step]:
        """Make a list of other objects exactly the wanted one. call: adds (True) or removes the object of an id."""
        if wish.get(option) is None:
            return
        wanted, there = world.ids(self.naming[option], wish[option]), view[option]
        for adding, ids in ((True, wanted), (False, there)):
            for number in ids:
                if number not in (there if adding else wanted):
                    yield Step(call(adding, number), {option: wanted})
