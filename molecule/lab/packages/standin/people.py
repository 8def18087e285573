# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, groups and access rules (src/um, src/group, src/acl). Quotas are empty and cannot be set."""

import re
from typing import Any

from engine import ACTION, ALL, CLUSTER, GROUP, ONE, RESOURCES, RIGHTS, Call, Kind, Xml, check, digest, refuse
from store import Object
from template import elements

QUOTAS = "".join(f"<{kind}_QUOTA></{kind}_QUOTA>" for kind in ("DATASTORE", "NETWORK", "VM", "IMAGE"))
BLANKS = " \t\n\v\f\r"
PARTS = ("USER", "RESOURCE", "RIGHTS", "ZONE")
# What groups but oneadmin's, and what their administrators may do: types, which of them, rights, zone.
GROUP_RULES = (("HOST", ALL, "MANAGE", ONE), ("NET", ALL, "USE", ONE), ("DATASTORE", ALL, "USE", ONE))
ADMIN_RULES = (
    ("USER", GROUP, "USE MANAGE ADMIN CREATE", ALL),
    ("VM NET IMAGE TEMPLATE DOCUMENT SECGROUP VROUTER VMGROUP BACKUPJOB", GROUP, "USE MANAGE", ALL),
    ("VROUTER", ALL, "CREATE", ALL),
    ("GROUP", ONE, "MANAGE", ALL),
)


class Account(Kind):
    """What users and groups have in common; a kind without a name is none."""

    templated, alone = False, "QUOTAS"

    def render(self, call: Call, item: Object, alone: bool) -> str:
        """Alone with its quotas, in a pool followed by them."""
        text = super().render(call, item | {"QUOTAS": Xml(QUOTAS + self.rest)}, alone)
        return text if alone else f"{text}<QUOTAS><ID>{item['ID']}</ID>{QUOTAS}</QUOTAS>"

    def info(self, call: Call, oid: int, *_flags: bool) -> str:
        own = call.user["ID" if self.name == "user" else "GID"]
        return super().info(call, own if oid == -1 else oid)

    def delete(self, call: Call, oid: int, *_flags: bool) -> int:
        super().delete(call, oid)
        whose = (ONE if self.name == "user" else GROUP) | oid
        for rule in call.store.all("acl"):
            if whose in (rule["USER"], rule["RESOURCE"] & 0xFFFFFFFFF):
                call.store.delete("acl", rule["ID"])
        return oid


class User(Account):
    forbidden, stop = Kind.forbidden + BLANKS, "."
    name, rest = "user", f"<DEFAULT_USER_QUOTAS>{QUOTAS}</DEFAULT_USER_QUOTAS>"
    layout = "ID GID GROUPS GNAME NAME PASSWORD! AUTH_DRIVER! ENABLED TEMPLATE"
    calls = "info:i pool: allocate:sss?A delete:i"
    changes = "update:s?i passwd:s chauth:ss:ADMIN enable:b:ADMIN"
    changes += " chgrp:i:MANAGE:USE:group addgroup:i:MANAGE:MANAGE:group delgroup:i:MANAGE:MANAGE:group"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        return {"GNAME": call.name("group", item["GID"])}

    def prepare(self, call: Call, item: Object, password: str, driver: str, groups: Any = None) -> None:
        gids = [call.get("group", gid)["ID"] for gid in groups or [1]]
        item |= {"GID": gids[0], "GROUPS": sorted({*gids}), "ENABLED": 1, "AUTH_DRIVER": driver or "core"}
        item["TEMPLATE"]["TOKEN_PASSWORD"] = [digest(item["NAME"])]

    def born(self, call: Call, item: Object, password: str, *_given: Any) -> None:
        if item["AUTH_DRIVER"] != "ldap":  # PASSWORD_REQUIRED is NO
            check("password", password, BLANKS, end=".")
        self.keep(item, password)

    def passwd(self, _call: Call, user: Object, password: str) -> None:
        check("password", password, BLANKS, ACTION)
        self.keep(user, password)

    @staticmethod
    def keep(user: Object, password: str) -> None:
        """Other drivers than core hand oned what they want kept."""
        user["PASSWORD"] = digest(password) if user["AUTH_DRIVER"] == "core" else password

    def chauth(self, call: Call, user: Object, driver: str, password: str) -> None:
        user["AUTH_DRIVER"] = driver
        if password:
            self.passwd(call, user, password)

    def enable(self, _call: Call, item: Object, enabled: bool) -> None:
        refuse((item["ID"] == 0, "Cannot enable/disable oneadmin user"), code=ACTION)
        item["ENABLED"] = int(enabled)

    def undeletable(self, _call: Call, user: Object) -> str:
        return "" if user["ID"] else "oneadmin cannot be deleted."

    def chgrp(self, call: Call, user: Object, gid: int) -> None:
        refuse((user["ID"] == 0, "user [0] oneadmin cannot be moved outside of the group [0] oneadmin"))
        # The old primary group is left, unless the new one was a secondary group before.
        self.regroup(call, user, {gid}, set() if gid in user["GROUPS"] else {user["GID"]})
        user["GID"] = gid

    def addgroup(self, call: Call, user: Object, gid: int) -> None:
        refuse((gid in user["GROUPS"], "User is already in this group"), code=ACTION)
        self.regroup(call, user, {gid}, set())

    def delgroup(self, call: Call, user: Object, gid: int) -> None:
        primary = gid == user["GID"], "Cannot remove user from the primary group"
        refuse(primary, (gid not in user["GROUPS"], "User is not part of this group"), code=ACTION)
        self.regroup(call, user, set(), {gid})

    def regroup(self, call: Call, user: Object, joined: set[int], left: set[int]) -> None:
        user["GROUPS"] = sorted({*user["GROUPS"]} - left | joined)
        for group in (call.get("group", gid) for gid in left):
            if user["ID"] in group["ADMINS"]:
                Group.administer(call, group, user["ID"])
                call.store.save("group", group)


class Group(Account):
    name, rest = "group", f"<DEFAULT_GROUP_QUOTAS>{QUOTAS}</DEFAULT_GROUP_QUOTAS>"
    first_id, lasting = 100, True
    layout = "ID NAME TEMPLATE USERS ADMINS"
    changes = "update:s?i addadmin:i:ADMIN:ADMIN:user deladmin:i:ADMIN:ADMIN:user"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        return {"USERS": call.ids("user", lambda user: item["ID"] in user["GROUPS"])}

    def born(self, call: Call, item: Object, *_given: Any) -> None:
        item["ADMINS"] = []
        for rule in GROUP_RULES if item["ID"] else ():
            Rule.new(call, Rule.numbers(GROUP | item["ID"], *rule))

    def undeletable(self, call: Call, group: Object) -> str:
        return f"Group {group['ID']} is not empty." if self.view(call, group, True)["USERS"] else ""

    def addadmin(self, call: Call, group: Object, uid: int) -> None:
        gid, who = group["ID"], f"Cannot edit group. User {uid} is"
        refuse(
            (uid in group["ADMINS"], f"{who} already an administrator of Group {gid}."),
            (gid not in call.get("user", uid)["GROUPS"], f"{who} not part of Group {gid}."),
        )
        self.administer(call, group, uid)

    def deladmin(self, call: Call, group: Object, uid: int) -> None:
        who = f"Cannot edit group. User {uid} is"
        refuse((uid not in group["ADMINS"], f"{who} not an administrator of Group {group['ID']}."))
        self.administer(call, group, uid)

    @staticmethod
    def administer(call: Call, group: Object, uid: int) -> None:
        """Make a user an administrator with the rules for it, or one no more."""
        group["ADMINS"] = sorted({*group["ADMINS"]} ^ {uid})
        for index, rule in enumerate(ADMIN_RULES):
            numbers = Rule.numbers(ONE | uid, *rule, gid=group["ID"])
            there = call.store.find("acl", str(numbers))
            if uid in group["ADMINS"] and there is None:
                Rule.new(call, numbers)
            # The second is one that oned forgets.
            elif uid not in group["ADMINS"] and there is not None and index != 1:
                call.store.delete("acl", there)


class Rule(Kind):
    name, calls, changes = "acl", "info: addrule:sss?s delrule:i", ""

    @staticmethod
    def numbers(who: int, types: str, which: int, rights: str, zone: int, gid: int = 0) -> list[int]:
        resource = sum(RESOURCES[name] for name in types.split()) | which | (0 if which == ALL else gid)
        return [who, resource, sum(RIGHTS[right] for right in rights.split()), zone]

    @staticmethod
    def new(call: Call, numbers: list[int]) -> int:
        return call.store.insert("acl", dict(zip(PARTS, numbers, strict=True)) | {"NAME": str(numbers)})

    @staticmethod
    def text(user: int, resource: int, rights: int, zone: int) -> str:
        def selector(number: int) -> str:
            marks = {GROUP: "@", ONE: "#", CLUSTER: "%"}
            found = [f"{mark}{number & 0xFFFFFFFF}" for bit, mark in marks.items() if number & bit]
            return found[0] if found else "*" if number & ALL else "??"

        types = "+".join(name for name, bit in RESOURCES.items() if resource & bit)
        granted = "+".join(name for name, bit in RIGHTS.items() if rights & bit)
        return f"{selector(user)} {types}/{selector(resource)} {granted} {selector(zone)}"

    def info(self, call: Call, *_given: Any) -> str:
        call.require(("MANAGE", "acl", None))
        rows = []
        for rule in sorted(call.store.all("acl"), key=lambda rule: (rule["USER"], rule["ID"])):
            numbers = [rule[part] for part in PARTS]
            shown = rule | {part: f"{rule[part]:x}" for part in PARTS} | {"STRING": self.text(*numbers)}
            rows.append(f"<ACL>{elements(shown, 'ID', *PARTS, 'STRING')}</ACL>")
        return f"<ACL_POOL>{''.join(rows)}</ACL_POOL>"

    def addrule(self, call: Call, *texts: str) -> int:
        call.require(("MANAGE", "acl", None))
        # What is no number is 0, and no zone means this one.
        given = (*texts, f"{ONE:x}")[:4]
        numbers = [int(text, 16) if re.fullmatch("(0x)?[0-9a-fA-F]+", text) else 0 for text in given]
        wrong = {
            "[user] is missing one of the INDIVIDUAL, GROUP or ALL bits": not numbers[0] & 0x700000000,
            "[resource] is missing one of the INDIVIDUAL, GROUP, CLUSTER or ALL bits": not numbers[1] & 0xF00000000,
            "[resource] type is missing": not numbers[1] >> 36,
            "wrong [rights], it cannot be 0": not numbers[2],
        }
        problems = "; ".join(problem for problem, applies in wrong.items() if applies)
        text, there = f"Rule {self.text(*numbers)}", call.store.find("acl", str(numbers))
        refuse((problems, f"{text} is malformed: {problems}"), (there is not None, f"{text} already exists"))
        return self.new(call, numbers)

    def delrule(self, call: Call, oid: int) -> int:
        call.require(("MANAGE", "acl", None))
        refuse((call.store.get("acl", oid) is None, f"Rule {oid} does not exist"))
        call.store.delete("acl", oid)
        return oid
