# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rules: objects without a name or a template, known by what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import acl, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.acl import Rule
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import SetupError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import (
    ALLOCATE,
    DELETE,
    OWN_ID,
    Change,
    ItemPlan,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Thing, Wish, World


class Rules(Declared):
    word = "rule"
    methods = "one.acl"
    listing = Call("one.acl.info")
    tag = "ACL"
    renames = False

    def __init__(self, items: Sequence[str], params: Mapping[str, Any]) -> None:
        super().__init__([{"name": item} for item in items], params)

    def wish(self, item: Mapping[str, Any]) -> dict[str, Any]:
        name = " ".join(str(item["name"]).split())
        return {"name": name, "called": name, "attributes": {}, "named": acl.named(name)}

    def lists(self) -> set[str]:
        # Also needed to remove a rule that names its user.
        return {word for wish in self.wishes for word, _name in wish["named"]}

    def thing(self, element: xml.Element) -> Thing:
        parts = (xml.number(element, tag, base=16) for tag in ("USER", "RESOURCE", "RIGHTS", "ZONE"))
        rule = Rule(*parts)
        return Thing(xml.number(element, "ID"), str(rule), view={"_rule": rule})

    def name_problem(self, name: str) -> str | None:
        return None

    def check_wishes(self) -> None:
        super().check_wishes()
        problems = [problem for wish in self.wishes if (problem := self._unreadable(wish))]
        if problems:
            raise SetupError("; ".join(problems))

    @staticmethod
    def _unreadable(wish: Wish) -> str | None:
        """What is wrong with a rule, whatever ids the objects in it have."""
        try:
            acl.parse(wish["name"], dict.fromkeys(wish["named"], 0))
        except SetupError as error:
            return str(error)
        return None

    def _rule(self, wish: Wish, world: World) -> Rule:
        found = {(word, name): pick(world.others[word], name) for word, name in wish["named"]}
        return acl.parse(wish["name"], {key: ref.id for key, ref in found.items() if ref is not None})

    def check(self, world: World) -> None:
        problems: list[str] = []
        rules: dict[Rule, str] = {}
        for wish in self.wishes:
            try:
                rule = self._rule(wish, world)
                if rules.setdefault(rule, wish["name"]) != wish["name"]:
                    problems.append(f"the rules {rules[rule]!r} and {wish['name']!r} are the same")
            except SetupError as error:
                problems.append(str(error))
        if problems:
            raise SetupError(f"nothing was changed: {'; '.join(problems)}")

    def _plan(self, wish: Wish, world: World) -> ItemPlan:
        rule, name = self._rule(wish, world), wish["name"]
        there = next((thing for thing in world.pool.items if thing.view["_rule"] == rule), None)
        # A new rule as the user wrote it: its objects may have no ids yet.
        shown = {"rule": name if there is None else str(rule)}
        if there is None and not self.absent:
            add = Change("allocate", "one.acl.addrule", rule.parameters, ALLOCATE)
            return ItemPlan(name, None, (add,), None, shown)
        if there is not None and self.absent:
            return ItemPlan(name, there.id, (Change("delete", "one.acl.delrule", (OWN_ID,), DELETE),), shown)
        same = None if there is None else shown
        return ItemPlan(name, None if there is None else there.id, (), same, same)

    def removal(self, item_id: int) -> Call:
        return Call("one.acl.delrule", (item_id,))
