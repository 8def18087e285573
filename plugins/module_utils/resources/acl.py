# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rules: objects without name and template, identified by their content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import acl, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.acl import Rule
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    ALLOCATE,
    DELETE,
    OWN_ID,
    Change,
    ItemPlan,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import SetupError


class Rules(Declared):
    kind_name = "rule"
    method_prefix = "one.acl"
    list_call = Call("one.acl.info")
    pool_element = "ACL"
    can_rename = False

    def __init__(self, items: Sequence[str], params: Mapping[str, Any]) -> None:
        super().__init__([{"name": item} for item in items], params)

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        text = str(item["name"]).strip()
        # Blanks in quotes are part of a name.
        name = text if '"' in text or "'" in text else " ".join(text.split())
        return {"name": name, "final_name": name, "attributes": {}, "named": acl.named(name)}

    def referenced_kinds(self) -> set[str]:
        # Also needed to remove a rule that refers to its user by name.
        return {kind for desired in self.desired_objects for kind, _name in desired["named"]}

    def observe(self, element: xml.Element) -> ObservedObject:
        parts = (xml.number(element, tag, base=16) for tag in ("USER", "RESOURCE", "RIGHTS", "ZONE"))
        rule = Rule(*parts)
        return ObservedObject(xml.number(element, "ID"), str(rule), view={"_rule": rule})

    def name_problem(self, name: str) -> str | None:
        return None

    def check_desired(self) -> None:
        super().check_desired()
        problems = [problem for desired in self.desired_objects if (problem := self._unreadable(desired))]
        if problems:
            raise SetupError("; ".join(problems))

    @staticmethod
    def _unreadable(desired: Desired) -> str | None:
        """What is wrong with the notation of a rule."""
        try:
            acl.parse(desired["name"], dict.fromkeys(desired["named"], 0))
        except SetupError as error:
            return str(error)
        return None

    def _rule(self, desired: Desired, observed: Observed) -> Rule:
        found = {(kind, name): pick(observed.referenced[kind], name) for kind, name in desired["named"]}
        return acl.parse(desired["name"], {key: ref.id for key, ref in found.items() if ref is not None})

    def check(self, observed: Observed) -> None:
        problems: list[str] = []
        rules: dict[Rule, str] = {}
        for desired in self.desired_objects:
            try:
                rule = self._rule(desired, observed)
                if rules.setdefault(rule, desired["name"]) != desired["name"]:
                    problems.append(f"the rules {rules[rule]!r} and {desired['name']!r} are the same")
            except SetupError as error:
                problems.append(str(error))
        if problems:
            raise SetupError(f"nothing was changed: {'; '.join(problems)}")

    def _plan(self, desired: Desired, observed: Observed) -> ItemPlan:
        rule, name = self._rule(desired, observed), desired["name"]
        existing = next((found for found in observed.pool.items if found.view["_rule"] == rule), None)
        # A new rule is shown in the user's notation: its objects may have no ids yet.
        shown = {"rule": name if existing is None else str(rule)}
        if existing is None and not self.absent:
            add = Change("allocate", "one.acl.addrule", rule.parameters, ALLOCATE)
            return ItemPlan(name, None, (add,), None, shown)
        if existing is not None and self.absent:
            return ItemPlan(name, existing.id, (Change("delete", "one.acl.delrule", (OWN_ID,), DELETE),), shown)
        same = None if existing is None else shown
        return ItemPlan(name, None if existing is None else existing.id, (), same, same)

    def removal(self, item_id: int) -> Call:
        return Call("one.acl.delrule", (item_id,))
