# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, groups, and the access rules every group is given (src/um, src/group, src/acl)."""

from __future__ import annotations

import secrets
from functools import partial

import objects
from api import ACTION, ALL, GROUP, INTERNAL, ONE, RESOURCES, RIGHTS, Call, OneError, digest, method
from objects import change
from store import Object, Store
from template import cdata, elements, ids, to_xml

ONEADMIN_GROUP, USERS_GROUP = 0, 1

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
        f"{elements(user, 'ID', 'GID')}{ids('GROUPS', user['GROUPS'])}"
        f"<GNAME>{call.name('group', user['GID'])}</GNAME><NAME>{user['NAME']}</NAME>"
        f"<PASSWORD>{cdata(user['PASSWORD'])}</PASSWORD>"
        f"<AUTH_DRIVER>{cdata(user['AUTH_DRIVER'])}</AUTH_DRIVER>"
        f"<ENABLED>{int(user['ENABLED'])}</ENABLED>{to_xml(user['TEMPLATE'])}"
    )


def group_body(call: Call, group: Object) -> str:
    members = sorted(user["ID"] for user in call.store.all("user") if group["ID"] in user["GROUPS"])
    named = elements(group, "ID", "NAME")
    return f"{named}{to_xml(group['TEMPLATE'])}{ids('USERS', members)}<ADMINS></ADMINS>"


def register(kind: str, body: objects.Render) -> None:
    """info, pool, update and default quotas, alike for users and groups."""
    tag = kind.upper()
    default = f"<DEFAULT_{tag}_QUOTAS>{QUOTAS}</DEFAULT_{tag}_QUOTAS>"

    def in_pool(call: Call, item: Object) -> str:
        return f"<{tag}>{body(call, item)}</{tag}><QUOTAS><ID>{item['ID']}</ID>{QUOTAS}</QUOTAS>"

    def alone(call: Call, item: Object) -> str:
        return f"<{tag}>{body(call, item)}{QUOTAS}{default}</{tag}>"

    objects.register_info(kind, alone, in_pool, default)
    objects.register_update(kind)
    method(f"one.{kind}quota.info", "", f"Returns the default {kind} quota limits")(lambda _call: default)


register("user", user_body)
register("group", group_body)


def kept(driver: str, password: str) -> str:
    return digest(password) if driver == CORE else password


def new_user(store: Store, name: str, password: str, driver: str, groups: list[int]) -> int:
    """Store a user; the first group is the primary one."""
    user = {"NAME": name, "GID": groups[0], "GROUPS": sorted({*groups}), "ENABLED": True}
    user |= {"AUTH_DRIVER": driver, "PASSWORD": kept(driver, password)}
    token = digest(secrets.token_hex(16))
    return store.insert("user", user | {"TEMPLATE": {"TOKEN_PASSWORD": [token]}})


@method("one.user.allocate", "sss?A", "Returns user information")
def allocate_user(call: Call, name: str, password: str, driver: str, groups: list[int] | None = None) -> int:
    call.require(("CREATE", "USER", None))
    for gid in groups or []:
        call.get("group", gid)
    objects.check_name(name, INTERNAL, BLANKS, ".")
    objects.check_text("password", password, BLANKS, INTERNAL, ".")
    objects.check_free(call, "user", name)
    return new_user(call.store, name, password, driver or CORE, groups or [USERS_GROUP])


objects.register_delete("user", lambda _call, user: "" if user["ID"] else "oneadmin cannot be deleted.")


@change("one.user.passwd", "s", "Changes user's password", "MANAGE")
def passwd(_call: Call, user: Object, password: str) -> None:
    objects.check_text("password", password, BLANKS, ACTION)
    user["PASSWORD"] = kept(user["AUTH_DRIVER"], password)


@change("one.user.chauth", "ss", "Changes user's authentication driver")
def chauth(_call: Call, user: Object, driver: str, password: str) -> None:
    user["AUTH_DRIVER"] = driver
    if password:
        objects.check_text("password", password, BLANKS, ACTION)
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


def secondary_group(member: bool, call: Call, oid: int, gid: int) -> int:
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


method("one.user.addgroup", "ii", "Adds the user to a secondary group")(partial(secondary_group, True))
method("one.user.delgroup", "ii", "Deletes the user from a secondary group")(partial(secondary_group, False))


def rule(who: int, types: str, right: str, zone: int) -> Object:
    resource = ALL
    for name in types.split("+"):
        resource |= RESOURCES[name]
    numbers = {"USER": who, "RESOURCE": resource, "RIGHTS": RIGHTS[right], "ZONE": zone}
    return {name: f"{number:x}" for name, number in numbers.items()}


def group_rules(gid: int) -> list[Object]:
    """What every group but oneadmin's is given (DEFAULT_VDC_*_ACL for the resources of the zone)."""
    return [
        rule(GROUP | gid, "HOST", "MANAGE", ONE),
        rule(GROUP | gid, "NET", "USE", ONE),
        rule(GROUP | gid, "DATASTORE", "USE", ONE),
    ]


def new_group(call: Call, name: str) -> int:
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


objects.register_allocate("group", new_group)
objects.register_delete("group", has_members, first_id=100, after=drop_rules)


def rule_text(item: Object) -> str:
    who, resource, rights = (int(item[name], 16) for name in ("USER", "RESOURCE", "RIGHTS"))
    whom = "*" if who & ALL else f"@{who - GROUP}"
    types = "+".join(name for name, bit in RESOURCES.items() if resource & bit)
    granted = "+".join(name for name, bit in RIGHTS.items() if rights & bit)
    return f"{whom} {types}/* {granted} {'#0' if item['ZONE'] == f'{ONE:x}' else '*'}"


@method("one.acl.info", "", "Returns the ACL rule set")
def acl_info(call: Call) -> str:
    call.require(("MANAGE", "ACL", None))
    items = sorted(call.store.all("acl"), key=lambda item: (int(item["USER"], 16), item["ID"]))
    names = ("ID", "USER", "RESOURCE", "RIGHTS", "ZONE", "STRING")
    rows = [elements(item | {"STRING": rule_text(item)}, *names) for item in items]
    return f"<ACL_POOL>{''.join(f'<ACL>{row}</ACL>' for row in rows)}</ACL_POOL>"


def bootstrap_groups(store: Store) -> None:
    """Groups and rules of an empty cloud."""
    store.insert("group", {"NAME": "oneadmin", "TEMPLATE": {}}, ONEADMIN_GROUP)
    store.insert("group", {"NAME": "users", "TEMPLATE": {"SUNSTONE": [VIEWS]}}, USERS_GROUP)
    store.set_last("group", 99)
    everything = "VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VMGROUP+BACKUPJOB"
    rules = [
        rule(GROUP | USERS_GROUP, everything, "CREATE", ALL),
        rule(ALL, "ZONE", "USE", ALL),
        rule(ALL, "MARKETPLACE+MARKETPLACEAPP", "USE", ALL),
    ]
    for item in rules + group_rules(USERS_GROUP):
        store.insert("acl", item)
