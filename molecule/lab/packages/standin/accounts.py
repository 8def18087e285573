# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, groups, and the access rules every group is given (src/um, src/group, src/acl)."""

from __future__ import annotations

import secrets

from api import (
    ACTION,
    ALL,
    GROUP,
    INTERNAL,
    ONE,
    ONEADMIN_GROUP,
    RESOURCES,
    RIGHTS,
    USERS_GROUP,
    Call,
    OneError,
    digest,
    method,
)
from objects import Render, change, check_free, check_name, ids, register_delete, register_info, register_update
from store import Object, Store
from template import cdata, to_xml

QUOTAS = "".join(f"<{kind}_QUOTA></{kind}_QUOTA>" for kind in ("DATASTORE", "NETWORK", "VM", "IMAGE"))
# The one driver whose passwords oned itself hashes; others hand it what they want kept.
CORE, SERVER_CIPHER = "core", "server_cipher"
BLANKS = " \t\n\v\f\r"
VIEWS = {
    "VIEWS": "cloud",
    "DEFAULT_VIEW": "cloud",
    "GROUP_ADMIN_VIEWS": "groupadmin,cloud",
    "GROUP_ADMIN_DEFAULT_VIEW": "groupadmin",
}


def user_body(call: Call, user: Object) -> str:
    return (
        f"<ID>{user['ID']}</ID><GID>{user['GID']}</GID>{ids(user['GROUPS'], 'GROUPS')}"
        f"<GNAME>{call.name('group', user['GID'])}</GNAME><NAME>{user['NAME']}</NAME>"
        f"<PASSWORD>{cdata(user['PASSWORD'])}</PASSWORD><AUTH_DRIVER>{cdata(user['AUTH_DRIVER'])}</AUTH_DRIVER>"
        f"<ENABLED>{int(user['ENABLED'])}</ENABLED>{to_xml(user['TEMPLATE'])}"
    )


def group_body(call: Call, group: Object) -> str:
    members = sorted(user["ID"] for user in call.store.all("user") if group["ID"] in user["GROUPS"])
    return (
        f"<ID>{group['ID']}</ID><NAME>{group['NAME']}</NAME>{to_xml(group['TEMPLATE'])}"
        f"{ids(members, 'USERS')}<ADMINS></ADMINS>"
    )


def register(kind: str, body: Render) -> None:
    """info, pool, update and default quotas, alike for users and groups."""
    tag = kind.upper()
    default = f"<DEFAULT_{tag}_QUOTAS>{QUOTAS}</DEFAULT_{tag}_QUOTAS>"

    def in_pool(call: Call, item: Object) -> str:
        return f"<{tag}>{body(call, item)}</{tag}><QUOTAS><ID>{item['ID']}</ID>{QUOTAS}</QUOTAS>"

    register_info(kind, lambda call, item: f"<{tag}>{body(call, item)}{QUOTAS}{default}</{tag}>", in_pool, default)
    register_update(kind)
    method(f"one.{kind}quota.info", "", f"Returns the default {kind} quota limits")(lambda _call: default)


register("user", user_body)
register("group", group_body)


def check_password(password: str, code: int, end: str = "") -> None:
    if not password:
        raise OneError(f"Invalid password, it cannot be empty{end}", code)
    for character in password:
        if character in BLANKS:
            raise OneError(f"Invalid password, character '{character}' is not allowed{end}", code)


def kept(driver: str, password: str) -> str:
    return digest(password) if driver == CORE else password


def new_user(store: Store, name: str, password: str, driver: str, groups: list[int]) -> int:
    """Store a user; the first group is the primary one."""
    user = {
        "NAME": name,
        "GID": groups[0],
        "GROUPS": sorted({*groups}),
        "PASSWORD": kept(driver, password),
        "AUTH_DRIVER": driver,
        "ENABLED": True,
        "TEMPLATE": {"TOKEN_PASSWORD": [digest(secrets.token_hex(16))]},
    }
    return store.insert("user", user)


@method("one.user.allocate", "sss?A", "Returns user information")
def allocate_user(call: Call, name: str, password: str, driver: str, groups: list[int] | None = None) -> int:
    call.require(("CREATE", "USER", None))
    for gid in groups or []:
        call.get("group", gid)
    check_name(name, INTERNAL, BLANKS, ".")
    check_password(password, INTERNAL, ".")
    check_free(call, "user", name)
    return new_user(call.store, name, password, driver or CORE, groups or [USERS_GROUP])


def is_oneadmin(_call: Call, user: Object) -> str:
    return "oneadmin cannot be deleted." if user["ID"] == 0 else ""


register_delete("user", is_oneadmin)


@change("one.user.passwd", "s", "Changes user's password", "MANAGE")
def passwd(_call: Call, user: Object, password: str) -> None:
    check_password(password, ACTION)
    user["PASSWORD"] = kept(user["AUTH_DRIVER"], password)


@change("one.user.chauth", "ss", "Changes user's authentication driver")
def chauth(_call: Call, user: Object, driver: str, password: str) -> None:
    user["AUTH_DRIVER"] = driver
    if password:
        check_password(password, ACTION)
        user["PASSWORD"] = kept(driver, password)


@change("one.user.enable", "b", "Enable or disable user")
def enable(_call: Call, user: Object, enabled: bool) -> None:
    if user["ID"] == 0:
        raise OneError("Cannot enable/disable oneadmin user", ACTION)
    user["ENABLED"] = enabled


@method("one.user.chgrp", "ii", "Changes ownership of a user")
def chgrp(call: Call, oid: int, gid: int) -> int:
    user, _group = call.get("user", oid), call.get("group", gid)
    if oid == 0:
        raise OneError("user [0] oneadmin cannot be moved outside of the group [0] oneadmin", INTERNAL)
    call.require(("MANAGE", "USER", oid), ("USE", "GROUP", gid))
    # The old primary group is left, unless the new one was a secondary group before.
    if gid not in user["GROUPS"]:
        user["GROUPS"] = sorted({*user["GROUPS"]} - {user["GID"]} | {gid})
    user["GID"] = gid
    call.store.save("user", user)
    return oid


def secondary_group(call: Call, oid: int, gid: int, member: bool) -> int:
    user, _group = call.get("user", oid), call.get("group", gid)
    call.require(("MANAGE", "USER", oid), ("MANAGE", "GROUP", gid))
    if member and gid in user["GROUPS"]:
        raise OneError("User is already in this group", ACTION)
    if not member and gid == user["GID"]:
        raise OneError("Cannot remove user from the primary group", ACTION)
    if not member and gid not in user["GROUPS"]:
        raise OneError("User is not part of this group", ACTION)
    user["GROUPS"] = sorted({*user["GROUPS"]} ^ {gid})
    call.store.save("user", user)
    return oid


@method("one.user.addgroup", "ii", "Adds the user to a secondary group")
def addgroup(call: Call, oid: int, gid: int) -> int:
    return secondary_group(call, oid, gid, member=True)


@method("one.user.delgroup", "ii", "Deletes the user from a secondary group")
def delgroup(call: Call, oid: int, gid: int) -> int:
    return secondary_group(call, oid, gid, member=False)


def rule(who: int, types: str, right: str, zone: int) -> Object:
    resource = ALL
    for name in types.split("+"):
        resource |= RESOURCES[name]
    numbers = {"USER": who, "RESOURCE": resource, "RIGHTS": RIGHTS[right], "ZONE": zone}
    return {name: f"{number:x}" for name, number in numbers.items()}


def group_rules(gid: int) -> list[Object]:
    """What every group but oneadmin's is given (DEFAULT_VDC_*_ACL for the resources of the zone)."""
    everything = "VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VMGROUP+BACKUPJOB"
    return [
        rule(GROUP | gid, everything, "CREATE", ALL),
        rule(GROUP | gid, "HOST", "MANAGE", ONE),
        rule(GROUP | gid, "NET", "USE", ONE),
        rule(GROUP | gid, "DATASTORE", "USE", ONE),
    ]


@method("one.group.allocate", "s", "Allocates a new group")
def allocate_group(call: Call, name: str) -> int:
    call.require(("CREATE", "GROUP", None))
    check_name(name, INTERNAL)
    check_free(call, "group", name)
    oid = call.store.insert("group", {"NAME": name, "TEMPLATE": {}})
    for item in group_rules(oid):
        call.store.insert("acl", item)
    return oid


def has_members(call: Call, group: Object) -> str:
    members = any(group["ID"] in user["GROUPS"] for user in call.store.all("user"))
    return f"Group {group['ID']} is not empty." if members else ""


def drop_rules(call: Call, group: Object) -> None:
    for item in call.store.all("acl"):
        if item["USER"] == f"{GROUP | group['ID']:x}":
            call.store.delete("acl", item["ID"])


register_delete("group", has_members, first_id=100, after=drop_rules)


def rule_text(item: Object) -> str:
    def subject(value: int) -> str:
        return "*" if value & ALL else f"{'@' if value & GROUP else '#'}{value & 0xFFFFFFFF}"

    who, resource, rights, zone = (int(item[name], 16) for name in ("USER", "RESOURCE", "RIGHTS", "ZONE"))
    types = "+".join(name for name, bit in RESOURCES.items() if resource & bit)
    granted = "+".join(name for name, bit in RIGHTS.items() if rights & bit)
    return f"{subject(who)} {types}/{subject(resource)} {granted} {subject(zone)}"


@method("one.acl.info", "", "Returns the ACL rule set")
def acl_info(call: Call) -> str:
    call.require(("MANAGE", "ACL", None))
    items = sorted(call.store.all("acl"), key=lambda item: (int(item["USER"], 16), item["ID"]))
    names = ("ID", "USER", "RESOURCE", "RIGHTS", "ZONE")
    rows = ["".join(f"<{name}>{item[name]}</{name}>" for name in names) for item in items]
    texts = [f"<ACL>{row}<STRING>{rule_text(item)}</STRING></ACL>" for row, item in zip(rows, items, strict=True)]
    return f"<ACL_POOL>{''.join(texts)}</ACL_POOL>"


def bootstrap_groups(store: Store) -> None:
    """Groups and rules of an empty cloud."""
    store.insert("group", {"NAME": "oneadmin", "TEMPLATE": {}}, ONEADMIN_GROUP)
    store.insert("group", {"NAME": "users", "TEMPLATE": {"SUNSTONE": [VIEWS]}}, USERS_GROUP)
    store.set_last("group", 99)
    everything, *resources = group_rules(USERS_GROUP)
    everyone = [rule(ALL, "ZONE", "USE", ALL), rule(ALL, "MARKETPLACE+MARKETPLACEAPP", "USE", ALL)]
    for item in (everything, *everyone, *resources):
        store.insert("acl", item)
