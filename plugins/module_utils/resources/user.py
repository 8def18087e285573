# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, their passwords and groups."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import (
    Desired,
    Observed,
    ObservedObject,
    Step,
    View,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    DELETE,
    LATER,
    OWN_ID,
    Change,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.characters import bad_character
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call

# Users that OpenNebula itself needs.
_SYSTEM = {0: "oneadmin", 1: "serveradmin"}
_USERS = 1
_BLANK = re.compile(r"\s")
# The driver of users for whom no driver is given.
_CORE = "core"
_OLD, _NEW = "(the one it has)", "(another one)"


class Users(Declared):
    kind_name = "user"
    method_prefix = "one.user"
    list_call = Call("one.userpool.info")
    pool_element = "USER"
    references: ClassVar[Mapping[str, str]] = {"groups": "group"}
    ordered_references = frozenset({"groups"})
    diff_options = ("auth_driver", "enabled", "password")
    refused_attributes: ClassVar[Mapping[str, str]] = {
        "TOKEN_PASSWORD": "OpenNebula makes it",
        "PASSWORD": "use password",
    }
    can_rename = False
    refused_name_characters = " "

    def view(self, element: xml.Element) -> View:
        primary = xml.number(element, "GID")
        return {
            # The primary group first.
            "groups": [primary, *(gid for gid in xml.ids(element, "GROUPS") if gid != primary)],
            "auth_driver": xml.text(element, "AUTH_DRIVER"),
            "enabled": xml.text(element, "ENABLED") != "0",
            "password": _OLD,
            "_password": xml.text(element, "PASSWORD"),
            "template": xml.template(element),
        }

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        driver = desired.get("auth_driver") or ""
        groups = observed.ids("group", desired["groups"]) if desired.get("groups") else []
        view: View = {
            "groups": groups or [_USERS],
            "auth_driver": driver or _CORE,
            "enabled": True,
            "password": _NEW,
            "_password": desired.get("password") or "",
            "template": {},
        }
        return (desired["final_name"], desired.get("password") or "", driver, groups), view

    def steps(self, desired: Desired, view: View, observed: Observed) -> Iterator[Step]:
        driver, password = desired.get("auth_driver"), desired.get("password")
        differs = password is not None and desired.get("update_password") != "on_create" and not _same(password, view)
        if driver is not None and driver != view["auth_driver"]:
            yield Step(Change("auth_driver", "one.user.chauth", (OWN_ID, driver, "")), {"auth_driver": driver})
        if differs:
            # After chauth, because oned stores the password in the form that the driver needs.
            yield Step(Change("password", "one.user.passwd", (OWN_ID, password), LATER), {"password": _NEW})
        enabled = desired.get("enabled")
        if enabled is not None and enabled != view["enabled"]:
            action = "enable" if enabled else "disable"
            yield Step(Change(action, "one.user.enable", (OWN_ID, enabled)), {"enabled": enabled})
        if desired.get("groups"):
            yield from self._groups(observed.ids("group", desired["groups"]), view)

    @staticmethod
    def _groups(desired: list[int], view: View) -> Iterator[Step]:
        wanted, current, sets = set(desired), set(view["groups"]), {"groups": desired}
        primary, former = desired[0], view["groups"][0]
        added, removed = wanted - current, current - wanted
        if primary in added and former in removed:
            # oned exchanges the two. From a primary group that was a secondary one before, it removes nobody.
            added, removed = added - {primary}, removed - {former}
        for gid in sorted(added):
            yield Step(Change("groups", "one.user.addgroup", (OWN_ID, gid)), sets)
        if primary != former:
            yield Step(Change("groups", "one.user.chgrp", (OWN_ID, primary), LATER), sets)
        for gid in sorted(removed):
            yield Step(Change("groups", "one.user.delgroup", (OWN_ID, gid), DELETE), sets)

    def mistakes(self, desired: Desired, existing: ObservedObject | None, observed: Observed) -> Iterator[str]:
        password = desired.get("password")
        driver = desired.get("auth_driver") or (_CORE if existing is None else existing.view["auth_driver"])
        # Whether another driver needs a password, and which, is PASSWORD_REQUIRED in oned.conf: oned decides.
        if existing is None and not password and driver == _CORE:
            yield f"user {desired['name']} is new: give password"
        if password is not None and (bad_character(password) or (driver == _CORE and _bad_for_core(password))):
            yield f"user {desired['name']}: OpenNebula takes no empty password and none with blanks, emoji and the like"
        if desired.get("groups") == []:
            yield f"user {desired['name']}: groups: a user belongs to at least one group"
        problem = None if desired.get("auth_driver") is None else names.driver_problem(desired["auth_driver"])
        if problem is not None:
            yield f"user {desired['name']}: auth_driver: {problem}"

    def delete_problem(self, existing: ObservedObject) -> str | None:
        return "OpenNebula itself works with this user" if existing.id in _SYSTEM else None


def _bad_for_core(password: str) -> bool:
    """Whether oned refuses a password (src/um/User.cc of OpenNebula 6.10)."""
    return not password or _BLANK.search(password) is not None


def _same(password: str, view: View) -> bool:
    """Compare passwords: core stores a SHA-256 digest, other drivers the text (seen on oned 6.10.0.1)."""
    return view["_password"] in (password, hashlib.sha256(password.encode()).hexdigest())
