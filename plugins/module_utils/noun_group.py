# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and their administrators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import LATER, OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import Step, Thing, View, Wish, World


class Groups(Declared):
    word = "group"
    methods = "one.group"
    listing = Call("one.grouppool.info")
    tag = "GROUP"
    naming: ClassVar[Mapping[str, str]] = {"admins": "user"}
    renames = False

    def view(self, element: xml.Element) -> View:
        return {
            "users": xml.ids(element, "USERS"),
            "admins": xml.ids(element, "ADMINS"),
            "template": xml.template(element),
        }

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        return (wish["called"],), {"users": [], "admins": [], "template": {}}

    def steps(self, wish: Wish, view: View, world: World) -> Iterator[Step]:
        for step in self.membership("admins", wish, view, world, _admin):
            user = step.change.params[1]
            if step.change.method == "one.group.addadmin" and user not in view["users"]:
                # oned lets only members administer a group.
                yield Step(Change("admins", "one.user.addgroup", (user, OWN_ID)), step.then)
            yield step

    def undeletable(self, thing: Thing) -> str | None:
        if thing.id < 100:
            return "OpenNebula does not remove its system groups (IDs below 100)"
        users = thing.view["users"]
        return f"{len(users)} users belong to it: take them out first" if users else None


def _admin(adding: bool, user: int) -> Change:
    return Change("admins", f"one.group.{'add' if adding else 'del'}admin", (OWN_ID, user), LATER)
