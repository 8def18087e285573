# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nouns other than hosts have in common: named objects with a template that a user declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import (
    encrypted,
    engine,
    names,
    update,
    wishes,
    xml,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import OnedError, SetupError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.kind import Kind
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import (
    ALLOCATE,
    DELETE,
    OWN_ID,
    Change,
    ItemPlan,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import Pool, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call, Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import (
    LISTS,
    Step,
    Thing,
    View,
    Wish,
    World,
    refs,
)

# Seconds for which objects are waited for where the module has no option for it, and between looks.
WAIT_SECONDS = 60.0
POLL_SECONDS = 1.0


class Declared(Kind):
    """Objects of one kind that a user declares by name, as the engine works on them."""

    def __init__(self, items: Sequence[Mapping[str, Any]], params: Mapping[str, Any]) -> None:
        self.params = params
        self.absent = params.get("state") == "absent"
        self.replace = params.get("template_mode") == "replace"
        self.wishes = [self.wish(item) for item in items]

    def lists(self) -> set[str]:
        """Words of the other kinds whose lists the plan needs."""
        if self.absent:
            return set()
        return {word for option, word in self.naming.items() if any(w.get(option) is not None for w in self.wishes)}

    def wish(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """One entry of the list. Raises TemplateError."""
        return wishes.normalized(self, item)

    @property
    def empty(self) -> bool:
        return not self.wishes

    def check_wishes(self) -> None:
        called = [
            [w["name"]] if w["name"].casefold() == w["called"].casefold() else [w["name"], w["called"]]
            for w in self.wishes
        ]
        twice = names.repeated([name for both in called for name in both])
        if twice:
            raise SetupError(
                f"these {self.word}s are listed more than once (capitals do not tell names apart): {', '.join(twice)}"
            )

    def read(self, client: Client) -> World:
        words = sorted(self.lists())
        documents = engine.answers(client, [self.listing, *(LISTS[word][0] for word in words)])
        planned = self.params.get("planned", {})
        others = {word: refs(word, found, planned) for word, found in zip(words, documents[1:], strict=True)}
        things = self._own_first(self.things(documents[0]), client.username)
        return World(Pool(self._revealed(client, Pool(things))), others)

    def _revealed(self, client: Client, things: Pool[Thing]) -> list[Thing]:
        """Things with what oned shows encrypted decrypted, as far as it is to be compared."""
        named = {} if self.absent else {name: wish for wish in self.wishes for name in (wish["called"], wish["name"])}
        wanted = {thing.id: wish["attributes"] for name, wish in named.items() for thing in things.alike(name)}
        found = {number: things.by_id[number].view["template"] for number in wanted if wanted[number]}
        templates = encrypted.revealed(client, found, {number: wanted[number] for number in found}, self._info)
        return [
            replace(thing, view={**thing.view, "template": templates[thing.id]}) if thing.id in templates else thing
            for thing in things.items
        ]

    def _info(self, number: int) -> Call:
        return Call(f"{self.methods}.info", (number, *self.info_arguments, True))

    def things(self, document: str) -> list[Thing]:
        """The objects of a pool document."""
        return [self.thing(element) for element in xml.objects(document, self.tag, self.listing.method)]

    @staticmethod
    def _own_first(things: Sequence[Thing], user: str) -> list[Thing]:
        """Names of networks, images and templates are unique for each owner only: one's own go before others'."""
        own = {thing.name for thing in things if thing.owner == user}
        return [thing for thing in things if thing.owner == user or thing.name not in own]

    def check(self, world: World) -> None:
        found = [mistake for wish in self.wishes for mistake in self._mistakes(wish, world)]
        if found:
            raise SetupError(f"nothing was changed: {'; '.join(found)}")

    def _mistakes(self, wish: Wish, world: World) -> Iterator[str]:
        owner = f"{self.word} {wish['name']}"
        if self.absent:
            if wish.get("new_name") is not None:
                yield f"{owner}: new_name does not go with state absent"
            return
        if not world.pool.alike(wish["called"]):
            problem = self.name_problem(wish["called"])
            if problem is not None:
                yield f"{self.word} name {wish['called']!r} is not possible: {problem}"
        for option, word in self.naming.items():
            for name in wish.get(option) or []:
                if pick(world.others[word], name) is None:
                    there = ", ".join(map(str, world.others[word]))
                    yield f"{owner}: there is no {word} {name!r}; there are {there or 'none you may see'}"
        with suppress(LookupError):  # told as the problem of that object
            yield from self.mistakes(wish, self._find(wish, world), world)

    def _find(self, wish: Wish, world: World) -> Thing | None:
        return world.pool.wanted(self.word, wish["name"], wish["called"])

    def plan(self, world: World) -> list[ItemPlan]:
        return [self._plan(wish, world) for wish in self.wishes]

    def _plan(self, wish: Wish, world: World) -> ItemPlan:
        name = wish["name"]
        try:
            thing = self._find(wish, world)
        except LookupError as error:
            return ItemPlan(name, problem=str(error))
        if thing is not None:
            problem = self.undeletable(thing) if self.absent else self.problem(wish, thing, world)
            if problem is not None:
                return ItemPlan(name, thing.id, problem=problem)
        if self.absent:
            if thing is None or thing.view.get("state") in self.leaving:
                return ItemPlan(name, None if thing is None else thing.id)
            return self._removal(name, thing)
        changes: list[Change] = []
        if thing is None:
            arguments, view = self.birth(wish, world)
            changes.append(Change("allocate", f"{self.methods}.allocate", arguments, ALLOCATE))
        else:
            view = thing.view
        called = wish["called"] if thing is None else thing.name
        after = dict(view)
        for step in self._steps(wish, view, called, world):
            changes.append(step.change)
            after |= step.then
        extra = set(view["template"]) - set(after["template"])
        before = None if thing is None else self._shown(wish, view, extra, called, world)
        then = self._shown(wish, after, extra, wish["called"], world)
        return ItemPlan(name, None if thing is None else thing.id, tuple(changes), before, then)

    def _removal(self, name: str, thing: Thing) -> ItemPlan:
        delete = Change("delete", f"{self.methods}.delete", (OWN_ID, *self.delete_arguments), DELETE)
        before = {key: value for key, value in thing.view.items() if not key.startswith("_")}
        return ItemPlan(name, thing.id, (delete,), before=before)

    def _steps(self, wish: Wish, view: View, name: str, world: World) -> Iterator[Step]:
        if wish["called"] != name:
            # Known only by its id from here on, so the order does not matter.
            yield Step(Change("rename", f"{self.methods}.rename", (OWN_ID, wish["called"])))
        kept = self._kept if self.replace and wish.get("template") is not None else None
        stored = update.change(f"{self.methods}.update", wish["attributes"], view["template"], kept)
        if stored is not None:
            yield Step(stored, {"template": update.after(wish["attributes"], view["template"], kept)})
        yield from self.steps(wish, view, world)

    def _kept(self, key: str) -> bool:
        return key in self.kept or key in self.refused or key in self.folded.values()

    def _shown(self, wish: Wish, view: View, extra: set[str], name: str, world: World) -> View:
        """The managed attributes, for the diff."""
        shown: View = {"name": name} if wish["called"] != wish["name"] else {}
        for option in (*self.naming, *self.shown):
            if wish.get(option) is not None and option in view:
                word, value = self.naming.get(option), view[option]
                if word is not None and isinstance(value, list):
                    value = world.names(word, value)
                    value = value if option in self.ordered else sorted(value)
                shown[option] = value
        keys = [key for key in (*wish["attributes"], *sorted(extra)) if key in view["template"]]
        return {**shown, "template": {key: view["template"][key] for key in keys}}

    # What the engine asks for, and most kinds do without.

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: engine.Items) -> None:
        pass

    def finish(self, client: Client, world: World, plans: Sequence[ItemPlan], items: engine.Items) -> World:
        """Wait until what oned makes or removes in the background is there or gone."""
        transient = self.leaving if self.absent else self.busy
        timeout = float(self.params.get("wait_timeout") or WAIT_SECONDS)
        deadline = client.clock() + timeout
        while self.params.get("wait", True):
            waiting = [
                item
                for item in items.values()
                if item.problem is None and item.id is not None and self.state_of(world, item.id) in transient
            ]
            if not waiting:
                self._judge(world, items)
                return world
            if client.clock() >= deadline:
                for item in waiting:
                    item.fail(f"it is still {self.state_of(world, item.id or 0)} after {timeout:g} s")
                return world
            client.sleep(POLL_SECONDS)
            try:
                world = self.read(client)
            except OnedError as error:
                for item in waiting:
                    item.fail(f"waiting for it was cut short: {error}")
                return world
        return world

    def _judge(self, world: World, items: engine.Items) -> None:
        for item in items.values():
            thing = None if item.id is None or self.absent else world.pool.by_id.get(item.id)
            problem = None if thing is None else self.broken(thing)
            if problem is not None:
                item.fail(problem)

    def removal(self, item_id: int) -> Call:
        return Call(f"{self.methods}.delete", (item_id, *self.delete_arguments))

    def state_of(self, world: World, item_id: int) -> str | None:
        thing = world.pool.by_id.get(item_id)
        return None if thing is None else str(thing.view.get("state", "PRESENT"))
