# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all resource kinds but hosts have in common: objects with a name and a template, declared by the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import encrypted, names, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import update
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.desired import normalized
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.kind import ResourceKind
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    LISTS,
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
    refs,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    ALLOCATE,
    DELETE,
    OWN_ID,
    Change,
    ItemPlan,
    Items,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError, SetupError

# If the module has no option wait_timeout.
WAIT_SECONDS = 60.0
READY_POLL_SECONDS = 1.0


class Declared(ResourceKind):
    """The declared objects of one resource kind, for the engine."""

    def __init__(self, items: Sequence[Mapping[str, Any]], params: Mapping[str, Any]) -> None:
        self.params = params
        self.absent = params.get("state") == "absent"
        self.replace = params.get("template_mode") == "replace"
        self.desired_objects = [self.normalize(item) for item in items]

    def referenced_kinds(self) -> set[str]:
        """The other resource kinds whose objects the plan needs."""
        if self.absent:
            return set()
        given = {
            option for desired in self.desired_objects for option in self.references if desired.get(option) is not None
        }
        return {self.references[option] for option in given}

    def normalize(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The desired state from one entry of the list. Raises TemplateError."""
        return normalized(self, item)

    @property
    def empty(self) -> bool:
        return not self.desired_objects

    def check_desired(self) -> None:
        pairs = [names.distinct(desired["name"], desired["final_name"]) for desired in self.desired_objects]
        twice = names.repeated([name for pair in pairs for name in pair])
        if twice:
            listed = ", ".join(twice)
            raise SetupError(f"these {self.kind_name}s are listed more than once (case is ignored): {listed}")

    def read(self, client: Client) -> Observed:
        kinds = sorted(self.referenced_kinds())
        documents = client.read_all([self.list_call, *(LISTS[kind][0] for kind in kinds)])
        planned = self.params.get("planned", {})
        referenced = {kind: refs(kind, found, planned) for kind, found in zip(kinds, documents[1:], strict=True)}
        objects = self._own_first(self.objects(documents[0]), client.username)
        return Observed(Pool(self._revealed(client, Pool(objects))), referenced)

    def _revealed(self, client: Client, objects: Pool[ObservedObject]) -> list[ObservedObject]:
        """The objects, with the encrypted attributes that are to be compared decrypted."""
        attributes: dict[int, Template] = {}
        for desired in [] if self.absent else self.desired_objects:
            for name in (desired["final_name"], desired["name"]):
                attributes |= {existing.id: desired["attributes"] for existing in objects.alike(name)}
        stored = {number: objects.by_id[number].view["template"] for number in attributes if attributes[number]}
        templates = encrypted.revealed(client, stored, {number: attributes[number] for number in stored}, self._info)
        decrypted = {
            number: replace(objects.by_id[number], view={**objects.by_id[number].view, "template": template})
            for number, template in templates.items()
        }
        return [decrypted.get(existing.id, existing) for existing in objects.items]

    def _info(self, number: int) -> Call:
        return Call(f"{self.method_prefix}.info", (number, *self.info_arguments, True))

    def objects(self, document: str) -> list[ObservedObject]:
        """The objects of a pool document."""
        return [self.observe(element) for element in xml.objects(document, self.pool_element, self.list_call.method)]

    @staticmethod
    def _own_first(objects: Sequence[ObservedObject], user: str) -> list[ObservedObject]:
        """Names of networks, images and templates are unique per owner: the user's own objects take precedence."""
        own = {existing.name for existing in objects if existing.owner == user}
        return [existing for existing in objects if existing.owner == user or existing.name not in own]

    def check(self, observed: Observed) -> None:
        found = [mistake for desired in self.desired_objects for mistake in self._mistakes(desired, observed)]
        if found:
            raise SetupError(f"nothing was changed: {'; '.join(found)}")

    def _mistakes(self, desired: Desired, observed: Observed) -> Iterator[str]:
        owner = f"{self.kind_name} {desired['name']}"
        if self.absent:
            if desired.get("new_name") is not None:
                yield f"{owner}: new_name does not go with state absent"
            return
        if not observed.pool.alike(desired["final_name"]):
            problem = self.name_problem(desired["final_name"])
            if problem is not None:
                yield f"{self.kind_name} name {desired['final_name']!r} is not possible: {problem}"
        for option, kind in self.references.items():
            for name in desired.get(option) or []:
                if pick(observed.referenced[kind], name) is None:
                    known = ", ".join(map(str, observed.referenced[kind]))
                    yield f"{owner}: there is no {kind} {name!r}; there are {known or 'none you may see'}"
        with suppress(LookupError):  # reported as the problem of that object
            yield from self.mistakes(desired, self._find(desired, observed), observed)

    def _find(self, desired: Desired, observed: Observed) -> ObservedObject | None:
        return observed.pool.find_either(self.kind_name, desired["name"], desired["final_name"])

    def plan(self, observed: Observed) -> list[ItemPlan]:
        return [self._plan(desired, observed) for desired in self.desired_objects]

    def _plan(self, desired: Desired, observed: Observed) -> ItemPlan:
        name = desired["name"]
        try:
            existing = self._find(desired, observed)
        except LookupError as error:
            return ItemPlan(name, problem=str(error))
        if existing is not None:
            problem = self.delete_problem(existing) if self.absent else self.problem(desired, existing, observed)
            if problem is not None:
                return ItemPlan(name, existing.id, problem=problem)
        if self.absent:
            if existing is None or existing.view.get("state") in self.deleting_states:
                return ItemPlan(name, None if existing is None else existing.id)
            return self._removal(name, existing)
        changes: list[Change] = []
        if existing is None:
            arguments, view = self.allocation(desired, observed)
            changes.append(Change("allocate", f"{self.method_prefix}.allocate", arguments, ALLOCATE))
        else:
            view = existing.view
        current_name = desired["final_name"] if existing is None else existing.name
        after = dict(view)
        for step in self._steps(desired, view, current_name, observed):
            changes.append(step.change)
            after |= step.sets
        extra = set(view["template"]) - set(after["template"])
        before = None if existing is None else self._shown(desired, view, extra, current_name, observed)
        planned = self._shown(desired, after, extra, desired["final_name"], observed)
        return ItemPlan(name, None if existing is None else existing.id, tuple(changes), before, planned)

    def _removal(self, name: str, existing: ObservedObject) -> ItemPlan:
        delete = Change("delete", f"{self.method_prefix}.delete", (OWN_ID, *self.delete_arguments), DELETE)
        before = {key: value for key, value in existing.view.items() if not key.startswith("_")}
        return ItemPlan(name, existing.id, (delete,), before=before)

    def _steps(self, desired: Desired, view: View, name: str, observed: Observed) -> Iterator[Step]:
        if desired["final_name"] != name:
            # Later calls name the object by its id, so their order does not matter.
            yield Step(Change("rename", f"{self.method_prefix}.rename", (OWN_ID, desired["final_name"])))
        kept = self._stays if self.replace and desired.get("template") is not None else None
        stored = update.change(f"{self.method_prefix}.update", desired["attributes"], view["template"], kept)
        if stored is not None:
            yield Step(stored, {"template": update.after(desired["attributes"], view["template"], kept)})
        yield from self.steps(desired, view, observed)

    def _stays(self, key: str) -> bool:
        return key in self.oned_attributes or key in self.refused_attributes or key in self.template_options.values()

    def _shown(self, desired: Desired, view: View, extra: set[str], name: str, observed: Observed) -> View:
        """The managed attributes, for the diff."""
        shown: View = {"name": name} if desired["final_name"] != desired["name"] else {}
        for option in (*self.references, *self.diff_options):
            if desired.get(option) is not None and option in view:
                kind, value = self.references.get(option), view[option]
                if kind is not None and isinstance(value, list):
                    value = observed.names(kind, value)
                    value = value if option in self.ordered_references else sorted(value)
                shown[option] = value
        keys = [key for key in (*desired["attributes"], *sorted(extra)) if key in view["template"]]
        return {**shown, "template": {key: view["template"][key] for key in keys}}

    # Parts of the protocol that most resource kinds do not need.

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        pass

    def finish(self, client: Client, observed: Observed, plans: Sequence[ItemPlan], items: Items) -> Observed:
        """Wait for objects that oned creates or removes in the background."""
        transient = self.deleting_states if self.absent else self.transient_states
        timeout = float(self.params.get("wait_timeout") or WAIT_SECONDS)
        deadline = client.clock() + timeout
        while self.params.get("wait", True):
            waiting = [
                item
                for item in items.values()
                if item.problem is None and item.id is not None and self.state_of(observed, item.id) in transient
            ]
            if not waiting:
                self._fail_unusable(observed, items)
                return observed
            if client.clock() >= deadline:
                for item in waiting:
                    item.fail(f"it is still {self.state_of(observed, item.id or 0)} after {timeout:g} s")
                return observed
            client.sleep(READY_POLL_SECONDS)
            try:
                observed = self.read(client)
            except OnedError as error:
                for item in waiting:
                    item.fail(f"waiting for it was cut short: {error}")
                return observed
        return observed

    def _fail_unusable(self, observed: Observed, items: Items) -> None:
        for item in items.values():
            existing = None if item.id is None or self.absent else observed.pool.by_id.get(item.id)
            problem = None if existing is None else self.failure_reason(existing)
            if problem is not None:
                item.fail(problem)

    def removal(self, item_id: int) -> Call:
        return Call(f"{self.method_prefix}.delete", (item_id, *self.delete_arguments))

    def state_of(self, observed: Observed, item_id: int) -> str | None:
        existing = observed.pool.by_id.get(item_id)
        return None if existing is None else str(existing.view.get("state", "PRESENT"))
