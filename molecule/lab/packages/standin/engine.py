# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What all calls share (src/rm, src/acl/AclManager.cc), and all kinds of objects (src/pool/PoolObjectSQL.cc).

A kind is a table of what oned calls it, and the rules it adds: to define a subclass is to register its methods.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xmlrpc.client import Fault

from store import Object, Store
from template import ParseError, Template, cdata, elements, parse, to_xml

AUTHENTICATION, AUTHORIZATION, NO_EXISTS, ACTION = 0x100, 0x200, 0x400, 0x800
XML_RPC_API, INTERNAL, ALLOCATE = 0x1000, 0x2000, 0x4000
# Who may do everything.
ONEADMIN: Object = {"ID": 0, "GID": 0, "GROUPS": [0]}
RIGHTS = {"USE": 1, "MANAGE": 2, "ADMIN": 4, "CREATE": 8}
# In the order of their bits.
TYPES = (
    "VM HOST NET IMAGE USER TEMPLATE GROUP ACL DATASTORE CLUSTER DOCUMENT ZONE SECGROUP VDC VROUTER"
    " MARKETPLACE MARKETPLACEAPP VMGROUP VNTEMPLATE HOOK BACKUPJOB"
)
RESOURCES = {name: 0x1000000000 << bit for bit, name in enumerate(TYPES.split())}
# Whom or what a rule is about: the one with this id, those of a group, all, those of a cluster.
ONE, GROUP, ALL, CLUSTER = 0x100000000, 0x200000000, 0x400000000, 0x800000000
LONGEST = 128
PERMISSIONS = [f"{who}_{right}" for who in ("OWNER", "GROUP", "OTHER") for right in "UMA"]
# What elements begin with where objects belong to somebody.
OWNED = "ID UID GID UNAME GNAME NAME PERMISSIONS"
# What users may do with themselves, and with the groups they are in.
IMPLICIT = {"user": {"OWNER_U": 1, "OWNER_M": 1}, "group": {"GROUP_U": 1}}
# How long a driver works on an image, a network or a datastore until it is as it shall be.
DRIVER_SECONDS = float(os.environ.get("ONE_DRIVER_SECONDS", "1"))
# Parameters after the session: s, i, b, A; those after "?" may be missing.
PARAMETERS = {"s": (str, "a string"), "i": (int, "integer"), "b": (bool, "boolean"), "A": (list, "an array")}
METHODS: dict[str, tuple[str, Callable[..., Any]]] = {}
KINDS: dict[str, "Kind"] = {}


class OneError(Exception):
    """A refusal: message, error code and, where oned names it, the object's id."""

    def __init__(self, message: str, code: int = INTERNAL, oid: int = -1) -> None:
        super().__init__(message)
        self.code, self.oid = code, oid


def refuse(*reasons: tuple[object, str], code: int = INTERNAL) -> None:
    """Refuse for the first reason that applies."""
    for applies, text in reasons:
        if applies:
            raise OneError(text, code)


@dataclass
class Call:
    """One authenticated call."""

    store: Store
    user: Object
    names: dict[tuple[str, int], str] = field(default_factory=dict)

    def get(self, kind: str, oid: int) -> Object:
        """An object, or "Error getting KIND [ID]." with code 1024."""
        item = self.store.get(kind, oid)
        if item is None:
            what = "Pool" if oid == -1 else f"[{oid}]"
            raise OneError(f"Error getting {KINDS[kind].word} {what}.", NO_EXISTS, oid)
        return KINDS[kind].settled(item)

    def ids(self, kind: str, belongs: Callable[[Object], bool]) -> list[int]:
        return sorted(item["ID"] for item in self.store.all(kind) if belongs(item))

    def name(self, kind: str, oid: int) -> str:
        """An object's name, looked up once a call: pools ask for the same few again and again."""
        if (kind, oid) not in self.names:
            self.names[kind, oid] = (self.store.get(kind, oid) or {"NAME": ""})["NAME"]
        return self.names[kind, oid]

    def may(self, right: str, kind: str, item: Object | None) -> bool:
        """The group oneadmin may do everything, others what permissions and rules grant."""
        me, groups = self.user["ID"], self.user["GROUPS"]
        if 0 in groups:
            return True
        who, about = {ALL, ONE | me, *(GROUP | gid for gid in groups)}, {ALL}
        if item:
            bits = item.get("PERMISSIONS") or IMPLICIT.get(kind, {})
            owner, group = (item["ID"],) * 2 if kind in IMPLICIT else (item.get("UID"), item.get("GID"))
            applies = {"OWNER": owner == me, "GROUP": group in groups, "OTHER": True}
            if any(bits.get(f"{whose}_{right[0]}") for whose, mine in applies.items() if mine):
                return True
            clusters = {CLUSTER | oid for oid in item.get("CLUSTERS", ())}
            about |= clusters | {ONE | item["ID"], GROUP | item.get("GID", 0)}
        for rule in self.store.all("acl"):
            what = rule["RESOURCE"]
            fits = what & RESOURCES[KINDS[kind].resource] and what & 0xFFFFFFFFF in about
            if rule["USER"] in who and fits and rule["RIGHTS"] & RIGHTS[right]:
                return True
        return False

    def require(self, *wanted: tuple[str, str, Object | None]) -> None:
        """Each a right, its kind, and the object if there is one yet. Refuses with all that is missing."""
        missing = [w for w in wanted if not self.may(*w)]
        texts = [f"{right} {KINDS[kind].resource}" + (f" [{i['ID']}]" if i else "") for right, kind, i in missing]
        reasons = "; ".join(f"Not authorized to perform {text}" for text in texts)
        refuse((missing, f"User [{self.user['ID']}] : {reasons}."), code=AUTHORIZATION)


def checked(letters: str, values: list[Any]) -> list[Any]:
    """The parameters a method asked for; raises Fault -501. What is too much is ignored."""
    required, _mark, optional = letters.partition("?")
    given = list(zip(required + optional, values, strict=False))
    for letter, value in given:
        kind, word = PARAMETERS[letter]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Fault(-501, f"Parameter that is supposed to be {word} is not")
    if len(given) < len(required):
        raise Fault(-501, "Not enough parameters")
    return [value for _letter, value in given]


def digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class Xml(str):
    """Text that is rendered already."""


def check(what: str, text: str, forbidden: str, code: int = INTERNAL, end: str = "") -> None:
    """A name or password that is neither empty nor holds what it must not."""
    found = next((character for character in text if character in forbidden), "")
    word = "char" if what == "NAME" else "character"
    refuse(
        (not text, f"Invalid {what}, it cannot be empty{end}"),
        (found, f"Invalid {what}, {word} '{found}' is not allowed{end}"),
        (what == "NAME" and len(text) > LONGEST, f"Invalid NAME, max length is {LONGEST} chars{end}"),
        code=code,
    )


def take(template: Template, name: str) -> str:
    """Remove an attribute and return its first scalar."""
    return next((value for value in template.pop(name, []) if isinstance(value, str)), "")


def ready(item: Object) -> bool:
    return bool(time.time() >= item["SINCE"] + DRIVER_SECONDS)


def element(token: str, value: object) -> str:
    """One element of a layout: NAME as it is, NAME! as CDATA, NAME? the same or, where empty, <NAME/>."""
    name = token.rstrip("!?")
    if isinstance(value, Xml):
        return value
    if isinstance(value, list):
        return f"<{name}>{''.join(f'<ID>{oid}</ID>' for oid in value)}</{name}>"
    if isinstance(value, dict):
        return to_xml(value, name)
    if token.endswith("?") and not value:
        return f"<{name}/>"
    return f"<{name}>{value if token == name else cdata(value)}</{name}>"


class Kind:
    # As in one.NAME.info, in sentences, as element, and in access rules; what is left out follows from the name.
    name = word = tag = resource = ""
    # The elements of an object in their order, and those it shows alone but not in its pool.
    layout = alone = ""
    # What names must not hold, and how the sentence that says so ends.
    forbidden, stop = "&|:\\\";/'#{}$<>", ""
    # What comes after the last one of a pool.
    rest = ""
    # Methods with their parameters; then those that change one object, with the right they need if not `right`, and
    # the right and kind of the object that the first parameter names.
    calls, changes = "info:i pool: allocate:s delete:i", "update:s?i rename:s"
    right, deletes = "MANAGE", "ADMIN"
    # Whether allocate begins with a template (else with a name), and whether it ends with a cluster.
    templated, clustered = True, False
    # At birth. Kinds that have none belong to nobody, and their names are unique for all.
    permissions = ""
    # Ids of what users make, and whether what there was before must stay.
    first_id, lasting = 0, False
    # What comes before the text of a refused allocation, and after "NAME is already taken by".
    prefix, taken = "", "{} {}."

    def __init_subclass__(cls) -> None:
        if not cls.name:
            return
        kind = KINDS[cls.name] = cls()
        kind.word, kind.tag = cls.word or cls.name, cls.tag or cls.name.upper()
        kind.resource = cls.resource or kind.tag
        for entry in cls.calls.split():
            verb, letters = entry.split(":")
            full = {"pool": "pool.info", "monitoring": "pool.monitoring"}.get(verb, f".{verb}")
            METHODS[f"one.{cls.name}{full}"] = letters, getattr(kind, verb)
        for entry in f"{cls.changes} {'chmod:iiiiiiiii' if cls.permissions else ''}".split():
            verb, letters, *right = entry.split(":")
            METHODS[f"one.{cls.name}.{verb}"] = f"i{letters}", kind.changing(verb, *right)

    def changing(self, verb: str, right: str = "", *other: str) -> Callable[..., int]:
        def change(call: Call, oid: int, *values: Any) -> int:
            item = call.get(self.name, oid)
            others = [(other[0], other[1], call.get(other[1], values[0]))] if other else []
            call.require((right or self.right, self.name, item), *others)
            getattr(self, verb)(call, item, *values)
            if "PREV_STATE" in item:
                item["PREV_STATE"] = item["STATE"]
            self.changed(call, item)
            call.store.save(self.name, item)
            return oid

        return change

    def settled(self, item: Object) -> Object:
        """An object as it is now: what a driver works on becomes ready with time."""
        return item

    def nothing(self, call: Call, item: Object, *given: Any) -> Any:
        """What a kind may add to the following, and this one does not."""

    # Elements that are not stored; whether the object is shown alone.
    view: Any = nothing
    # What is given to allocate: refuse it before the name is looked at; then complete the object, or refuse it.
    prepare: Any = nothing
    born: Any = nothing
    # Complete a new template, or refuse it. Why an object must stay.
    updated: Any = nothing
    undeletable: Any = nothing
    # Before what was made or changed is stored.
    changed: Any = nothing

    def check_name(self, name: str) -> None:
        check("NAME", name, self.forbidden, end=self.stop)

    def render(self, call: Call, item: Object, alone: bool) -> str:
        shown = item | (self.view(call, item, alone) or {})
        if self.permissions:
            bits = elements(item["PERMISSIONS"], *PERMISSIONS)
            shown |= {"UNAME": call.name("user", item["UID"]), "GNAME": call.name("group", item["GID"])}
            shown["PERMISSIONS"] = Xml(f"<PERMISSIONS>{bits}</PERMISSIONS>")
        tokens = f"{self.layout} {self.alone if alone else ''}".split()
        return f"<{self.tag}>{''.join(element(token, shown[token.rstrip('!?')]) for token in tokens)}</{self.tag}>"

    def info(self, call: Call, oid: int, *_flags: bool) -> str:
        item = call.get(self.name, oid)
        call.require(("USE", self.name, item))
        return self.render(call, item, alone=True)

    def pool(self, call: Call, whose: int = -2, start: int = -1, end: int = -1, *_more: Any) -> str:
        """whose: -4 one's group's, -3 one's own, -2 all usable ones, -1 one's own and groups', or a user's id."""
        me, gid, groups = call.user["ID"], call.user["GID"], call.user["GROUPS"]
        shown = []
        for item in map(self.settled, call.store.all(self.name)):
            uid, group = item.get("UID"), item.get("GID")
            mine = {-4: group == gid, -3: uid == me, -2: True, -1: uid == me or group in groups}
            inside = end < -1 or (start <= item["ID"] and (item["ID"] <= end or end == -1))
            if mine.get(whose, uid == whose) and inside and call.may("USE", self.name, item):
                shown.append(self.render(call, item, alone=False))
        return f"<{self.tag}_POOL>{''.join(shown)}{self.rest}</{self.tag}_POOL>"

    def allocate(self, call: Call, text: str, *given: Any) -> int:
        template = parse(text) if self.templated else {}
        item: Object = {"NAME": take(template, "NAME") if self.templated else text, "TEMPLATE": template}
        where = [call.get("cluster", max(given[-1], 0))] if self.clustered else []
        call.require(("CREATE", self.name, None), *(("ADMIN", "cluster", cluster) for cluster in where))
        if where:
            item["CLUSTERS"] = [where[0]["ID"]]
        if self.permissions:
            bits = {bit: int(bit in self.permissions.split()) for bit in PERMISSIONS}
            item |= {"UID": call.user["ID"], "GID": call.user["GID"], "PERMISSIONS": bits}
        self.prepare(call, item, *given)
        try:
            self.check_name(item["NAME"])
            holder = call.store.find(self.name, item["NAME"], item.get("UID"))
            refuse((holder is not None, f"NAME is already taken by {self.taken.format(self.resource, holder)}"))
            item["ID"] = call.store.next_id(self.name)
            self.born(call, item, *given)
        except OneError as error:
            raise OneError(f"{self.prefix}{error}", ALLOCATE if self.prefix else INTERNAL) from error
        self.changed(call, item)
        return call.store.insert(self.name, item)

    def delete(self, call: Call, oid: int, *_flags: bool) -> int:
        item = call.get(self.name, oid)
        call.require((self.deletes, self.name, item))
        system = f"System {self.word.capitalize()}s (ID < {self.first_id}) cannot be deleted."
        reason = system if self.lasting and oid < self.first_id else self.undeletable(call, item)
        refuse((reason, f"Cannot delete {self.word}. {reason}"), code=ACTION)
        call.store.delete(self.name, oid)
        return oid

    def update(self, call: Call, item: Object, text: str, how: int = 0) -> None:
        """0 replaces the template, 1 merges into it name by name."""
        refuse((how not in (0, 1), "Wrong update type"), code=XML_RPC_API)
        try:
            item["TEMPLATE"] = (item["TEMPLATE"] if how == 1 else {}) | parse(text)
            self.updated(call, item)
        except (OneError, ParseError) as error:
            raise OneError(f"Cannot update template. {error}") from error

    def rename(self, call: Call, item: Object, name: str) -> None:
        holder = call.store.find(self.name, name, item.get("UID"))
        collides = f"{self.word} cannot be renamed to {name} because it collides with {self.word} {holder}"
        refuse((holder not in (None, item["ID"]), collides), code=ACTION)
        check("NAME", name, self.forbidden, ACTION)
        item["NAME"] = name

    def enable(self, _call: Call, item: Object, enabled: bool) -> None:
        item["STATE"] = 0 if enabled else 1

    def chmod(self, _call: Call, item: Object, *bits: int) -> None:
        item["PERMISSIONS"] |= {name: bit for name, bit in zip(PERMISSIONS, bits, strict=True) if bit != -1}
