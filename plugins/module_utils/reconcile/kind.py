# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of resource kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call


class ResourceKind:
    """A resource kind sets the class variables, and overrides the methods in which it differs."""

    kind_name: ClassVar[str]
    # First part of the names of its XML-RPC methods, such as one.cluster.
    method_prefix: ClassVar[str]
    list_call: ClassVar[Call]
    # XML element of one object in the pool document.
    pool_element: ClassVar[str]
    # Options that refer to objects of other resource kinds: {option: resource kind}.
    references: ClassVar[Mapping[str, str]] = {}
    # Options of `references` whose order matters.
    ordered_references: ClassVar[frozenset[str]] = frozenset()
    # Other options that the diff shows. The view has them under the same names.
    diff_options: ClassVar[Sequence[str]] = ()
    # Options that set an attribute of the template: {option: attribute}.
    template_options: ClassVar[Mapping[str, str]] = {}
    # Attributes that the option template refuses: {attribute: what to do instead}.
    refused_attributes: ClassVar[Mapping[str, str]] = {}
    # Attributes whose values oned rewrites: {attribute: what it makes of a text}. Desired values take this form.
    normal_forms: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    # Attributes that oned adds and needs. Replacing a template keeps them.
    oned_attributes: ClassVar[frozenset[str]] = frozenset()
    # States in which an object is not usable yet, and in which it is being deleted.
    transient_states: ClassVar[frozenset[str]] = frozenset()
    deleting_states: ClassVar[frozenset[str]] = frozenset()
    can_rename: ClassVar[bool] = True
    refused_name_characters: ClassVar[str] = ""
    delete_arguments: ClassVar[tuple[Any, ...]] = ()
    # Arguments of the method `info` between the id and the flag that asks for decrypted values.
    info_arguments: ClassVar[tuple[Any, ...]] = ()

    def name_problem(self, name: str) -> str | None:
        """Why oned would refuse a name, or None."""
        return names.object_name_problem(name, self.refused_name_characters)

    def view(self, element: xml.Element) -> View:
        return {"template": xml.template(element)}

    def observe(self, element: xml.Element) -> ObservedObject:
        """One object of the pool."""
        return ObservedObject(
            xml.number(element, "ID"), xml.text(element, "NAME"), xml.text(element, "UNAME"), self.view(element)
        )

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        """Arguments of the method `allocate`, and the view of an object that was allocated with them."""
        return (desired["final_name"],), {"template": {}}

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        """The changes other than rename and update of the template."""
        yield from ()

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        """What is wrong with the desired state, reported before anything is changed."""
        yield from ()

    def problem(self, desired: Desired, existing: ObservedObject, observed: Observed) -> str | None:
        """Why this object cannot be brought into the desired state, although that is valid."""
        return None

    def failure_reason(self, existing: ObservedObject) -> str | None:
        """Why an object in the desired state cannot be used."""
        if existing.view.get("state") != "ERROR":
            return None
        reason = existing.view["template"].get("ERROR", "oned gives no reason; its log may")
        return f"it is in ERROR: {reason}; remove it (state absent) and add it again"

    def delete_problem(self, existing: ObservedObject) -> str | None:
        """Why an object cannot be deleted."""
        return None

    def membership(
        self, option: str, desired: Desired, view: View, observed: Observed, call: Callable[[bool, int], Change]
    ) -> Iterator[Step]:
        """Changes that turn an observed list of references into the desired one.

        call: returns the change that adds (True) or removes the object with an id.
        """
        if desired.get(option) is None:
            return
        after, before = observed.ids(self.references[option], desired[option]), view[option]
        for adding, ids in ((True, after), (False, before)):
            for number in ids:
                if number not in (before if adding else after):
                    yield Step(call(adding, number), {option: after})
