# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""How a call becomes an answer: parameters, authentication, authorization, error codes.

Sources: src/rm/Request.cc, src/acl/AclManager.cc and the recorded transcripts (tests/contract/transcripts).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault

from store import DatabaseAway, Object, Store
from template import Template

if TYPE_CHECKING:
    from monitoring import Monitoring

log = logging.getLogger("ReM")

AUTHENTICATION, AUTHORIZATION, NO_EXISTS, ACTION = 0x100, 0x200, 0x400, 0x800
XML_RPC_API, INTERNAL, ALLOCATE = 0x1000, 0x2000, 0x4000

RIGHTS = {"USE": 1, "MANAGE": 2, "ADMIN": 4, "CREATE": 8}
# In the order of their bits.
TYPES = (
    "VM HOST NET IMAGE USER TEMPLATE GROUP ACL DATASTORE CLUSTER DOCUMENT ZONE SECGROUP VDC VROUTER"
    " MARKETPLACE MARKETPLACEAPP VMGROUP VNTEMPLATE HOOK BACKUPJOB"
)
RESOURCES = {name: 0x1000000000 << bit for bit, name in enumerate(TYPES.split())}
ONE, GROUP, ALL = 0x100000000, 0x200000000, 0x400000000

# What may be called while the zone is disabled.
ALWAYS = re.compile(r"one\.((?!acl)\w+\.info|system\.\w+|zone\.(enable|raftstatus))")


class OneError(Exception):
    """A refusal: message, error code and, where oned names it, the object's id."""

    def __init__(self, message: str, code: int = INTERNAL, oid: int = -1) -> None:
        super().__init__(message)
        self.code, self.oid = code, oid


@dataclass
class Cloud:
    """What every call works on."""

    store: Store
    config: Template
    monitoring: Monitoring
    raft: dict[str, int]


@dataclass
class Call:
    """One authenticated call."""

    cloud: Cloud
    user: Object
    seen: dict[tuple[str, int], Object | None] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.cloud.store

    def get(self, kind: str, oid: int) -> Object:
        """An object, or "Error getting KIND [ID]." with code 1024."""
        item = self.store.get(kind, oid)
        if item is None:
            what = "Pool" if oid == -1 else f"[{oid}]"
            raise OneError(f"Error getting {kind} {what}.", NO_EXISTS, oid)
        return item

    def name(self, kind: str, oid: int) -> str:
        """An object's name, looked up once a call: pools ask for the same few again and again."""
        if (kind, oid) not in self.seen:
            self.seen[kind, oid] = self.store.get(kind, oid)
        item = self.seen[kind, oid]
        return item["NAME"] if item else ""

    def may(self, right: str, resource: str, oid: int | None = None) -> bool:
        if 0 in self.user["GROUPS"]:
            return True
        if resource == "USER" and oid == self.user["ID"] and right in ("USE", "MANAGE"):
            return True
        if resource == "GROUP" and oid in self.user["GROUPS"] and right == "USE":
            return True
        return any(self.granted(rule, right, resource) for rule in self.store.all("acl"))

    def granted(self, rule: Object, right: str, resource: str) -> bool:
        """Rules here are for everybody or a group, and about all objects of some types."""
        who, what, rights = (int(rule[name], 16) for name in ("USER", "RESOURCE", "RIGHTS"))
        applies = who & ALL or who - GROUP in self.user["GROUPS"]
        return bool(applies and what & RESOURCES[resource] and rights & RIGHTS[right])

    def require(self, *wanted: tuple[str, str, int | None]) -> None:
        """Refuse with everything that is missing, as oned does, or return."""
        missing = [w for w in wanted if not self.may(*w)]
        if missing:
            texts = [f"{right} {what}{'' if oid is None else f' [{oid}]'}" for right, what, oid in missing]
            reasons = "; ".join(f"Not authorized to perform {text}" for text in texts)
            raise OneError(f"User [{self.user['ID']}] : {reasons}.", AUTHORIZATION)


@dataclass(frozen=True)
class Method:
    parameters: str
    help: str
    handler: Callable[..., Any]


METHODS: dict[str, Method] = {}


def method(name: str, parameters: str, help_text: str) -> Callable[..., Any]:
    """Register a method. Parameters after the session: s, i, b, A; those after "?" may be missing."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        METHODS[name] = Method(parameters, help_text, handler)
        return handler

    return register


PARAMETERS: dict[str, tuple[type, str]] = {
    "s": (str, "a string"),
    "i": (int, "integer"),
    "b": (bool, "boolean"),
    "A": (list, "an array"),
}


def checked(letters: str, values: list[Any]) -> list[Any]:
    """The parameters a method asked for; raises Fault -501. What is too much is ignored."""
    required, _mark, optional = letters.partition("?")
    result = []
    for letter, value in zip(required + optional, values, strict=False):
        kind, word = PARAMETERS[letter]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Fault(-501, f"Parameter that is supposed to be {word} is not")
        result.append(value)
    if len(result) < len(required):
        raise Fault(-501, "Not enough parameters")
    return result


def digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def authenticate(store: Store, session: str) -> Object | None:
    """The user of a session "name:password", or None. Only the core driver knows passwords."""
    name, _colon, password = session.partition(":")
    oid = store.find("user", name)
    user = store.get("user", oid) if oid is not None else None
    if user is None or not user["ENABLED"] or user["AUTH_DRIVER"] != "core" or not password:
        return None
    return user if digest(password) == user["PASSWORD"] else None


def call(cloud: Cloud, name: str, values: list[Any]) -> list[Any]:
    """Answer one call as oned does: [true, value, 0] or [false, message, code, id, -1]. Raises Fault."""
    entry = METHODS.get(name)
    if entry is None:
        raise Fault(-506, f"Method '{name}' not defined")
    (session,) = checked("s", values)
    try:
        with cloud.store.transaction():
            user = authenticate(cloud.store, session)
            if user is None:
                raise OneError("User couldn't be authenticated, aborting call.", AUTHENTICATION)
            zone = cloud.store.get("zone", 0)
            if zone and zone["STATE"] != 0 and not ALWAYS.fullmatch(name):
                raise OneError("Cannot process request, zone disabled")
            result = entry.handler(Call(cloud, user), *checked(entry.parameters, values[1:]))
            cloud.monitoring.tell()
        log.debug("%s called by user %s", name, user["ID"])
        return [True, result, 0]
    except DatabaseAway as away:
        log.error("%s: database: %s", name, away)
        error = OneError("User couldn't be authenticated, aborting call.", AUTHENTICATION)
    except OneError as refusal:
        error = refusal
    log.error("%s: %s", name, error)
    return [False, f"[{name}] {error}", error.code, error.oid, -1]
