# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and their administrators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import DELETE, LATER, OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call


class Groups(Declared):
    kind_name = "group"
    method_prefix = "one.group"
    list_call = Call("one.grouppool.info")
    pool_element = "GROUP"
    references: ClassVar[Mapping[str, str]] = {"admins": "user"}
    can_rename = False

    def view(self, element: xml.Element) -> View:
        return {
            "users": xml.ids(element, "USERS"),
            "admins": xml.ids(element, "ADMINS"),
            "template": xml.template(element),
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        return (desired["final_name"],), {"users": [], "admins": [], "template": {}}

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        for step in self.membership("admins", desired, view, observed, _admin):
            user = step.change.params[1]
            if step.change.method == "one.group.addadmin" and user not in view["users"]:
                # In oned, only members can administer a group.
                yield Step(Change("admins", "one.user.addgroup", (user, OWN_ID)), step.sets)
            yield step

    def delete_problem(self, existing: ObservedObject) -> str | None:
        if existing.id < 100:
            return "OpenNebula does not remove its system groups (IDs below 100)"
        users = existing.view["users"]
        return f"{len(users)} users belong to it: take them out first" if users else None


def _admin(adding: bool, user: int) -> Change:
    return Change("admins", f"one.group.{'add' if adding else 'del'}admin", (OWN_ID, user), LATER if adding else DELETE)
