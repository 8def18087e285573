# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, groups and the access rules that come with them."""

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
from names import check_free, check_name, ids, register_info, register_pool, register_update
from store import Object, Store
from template import cdata, to_xml

QUOTAS = "<DATASTORE_QUOTA></DATASTORE_QUOTA><NETWORK_QUOTA></NETWORK_QUOTA><VM_QUOTA></VM_QUOTA><IMAGE_QUOTA></IMAGE_QUOTA>"
CORE, SERVER_CIPHER = "core", "server_cipher"
# Whose passwords oned itself hashes; other drivers hand it what they want kept.
HASHING = (CORE,)
VIEWS = {
    "VIEWS": "cloud",
    "DEFAULT_VIEW": "cloud",
    "GROUP_ADMIN_VIEWS": "groupadmin,cloud",
    "GROUP_ADMIN_DEFAULT_VIEW": "groupadmin",
}


def user_body(call: Call, user: Object) -> str:
    group = call.store.get("group", user["GID"])
    return (
        f"<ID>{user['ID']}</ID><GID>{user['GID']}</GID>{ids(user['GROUPS'], 'GROUPS')}"
        f"<GNAME>{group['NAME'] if group else ''}</GNAME><NAME>{user['NAME']}</NAME>"
        f"<PASSWORD>{cdata(user['PASSWORD'])}</PASSWORD><AUTH_DRIVER>{cdata(user['AUTH_DRIVER'])}</AUTH_DRIVER>"
        f"<ENABLED>{int(user['ENABLED'])}</ENABLED>{to_xml(user['TEMPLATE'])}"
    )


def group_body(call: Call, group: Object) -> str:
    members = sorted(user["ID"] for user in call.store.all("user") if group["ID"] in user["GROUPS"])
    return (
        f"<ID>{group['ID']}</ID><NAME>{group['NAME']}</NAME>{to_xml(group['TEMPLATE'])}"
        f"{ids(members, 'USERS')}{ids(group['ADMINS'], 'ADMINS')}"
    )


for _kind, _body in (("user", user_body), ("group", group_body)):
    _tag = _kind.upper()
    _default = f"<DEFAULT_{_tag}_QUOTAS>{QUOTAS}</DEFAULT_{_tag}_QUOTAS>"

    register_info(
        _kind, lambda call, item, b=_body, t=_tag, d=_default: f"<{t}>{b(call, item)}{QUOTAS}{d}</{t}>"
    )
    register_pool(
        _kind,
        lambda call, item, b=_body, t=_tag: (
            f"<{t}>{b(call, item)}</{t}><QUOTAS><ID>{item['ID']}</ID>{QUOTAS}</QUOTAS>"
        ),
        _default,
    )
    register_update(_kind)
    method(f"one.{_kind}quota.info", "", f"Returns the default {_kind} quotas", zone_disabled=True)(
        lambda call, d=_default: d
    )


def check_password(password: str, code: int, end: str) -> None:
    if not password:
        raise OneError(f"Invalid password, it cannot be empty{end}", code)
    for character in password:
        if character in " \t\n\v\f\r":
            raise OneError(f"Invalid password, character '{character}' is not allowed{end}", code)


def new_user(store: Store, name: str, password: str, driver: str, groups: list[int]) -> int:
    """Store a user; the first group is the primary one."""
    return store.insert(
        "user",
        {
            "NAME": name,
            "GID": groups[0],
            "GROUPS": sorted(groups),
            "PASSWORD": digest(password) if driver in HASHING else password,
            "AUTH_DRIVER": driver,
            "ENABLED": True,
            "TEMPLATE": {"TOKEN_PASSWORD": [digest(secrets.token_hex(16))]},
        },
    )


@method("one.user.allocate", "sss?A", "Creates a new user")
def allocate_user(call: Call, name: str, password: str, driver: str, groups: list[int] | None = None) -> int:
    call.require(("CREATE", "USER", None))
    for gid in groups or []:
        call.get("group", gid)
    check_name(name, INTERNAL, " \t\n\v\f\r", ".")
    check_password(password, INTERNAL, ".")
    check_free(call, "user", name)
    return new_user(call.store, name, password, driver or CORE, list(groups or [USERS_GROUP]))


@method("one.user.delete", "i", "Deletes a user")
def delete_user(call: Call, oid: int) -> int:
    call.get("user", oid)
    call.require(("ADMIN", "USER", oid))
    if oid == 0:
        raise OneError("Cannot delete user. oneadmin cannot be deleted.", ACTION)
    call.store.delete("user", oid)
    return oid


@method("one.user.passwd", "is", "Changes a user's password")
def passwd(call: Call, oid: int, password: str) -> int:
    user = call.get("user", oid)
    call.require(("MANAGE", "USER", oid))
    check_password(password, ACTION, "")
    user["PASSWORD"] = digest(password) if user["AUTH_DRIVER"] in HASHING else password
    call.store.save("user", user)
    return oid


@method("one.user.chauth", "iss", "Changes a user's authentication driver")
def chauth(call: Call, oid: int, driver: str, password: str) -> int:
    user = call.get("user", oid)
    call.require(("ADMIN", "USER", oid))
    user["AUTH_DRIVER"] = driver
    if password:
        check_password(password, ACTION, "")
        user["PASSWORD"] = digest(password) if driver in HASHING else password
    call.store.save("user", user)
    return oid


@method("one.user.enable", "ib", "Enables or disables a user")
def enable(call: Call, oid: int, enabled: bool) -> int:
    user = call.get("user", oid)
    call.require(("ADMIN", "USER", oid))
    user["ENABLED"] = enabled
    call.store.save("user", user)
    return oid


def edit_groups(call: Call, oid: int, gid: int) -> Object:
    user = call.get("user", oid)
    call.get("group", gid)
    call.require(("MANAGE", "USER", oid), ("MANAGE", "GROUP", gid))
    return user


@method("one.user.chgrp", "ii", "Changes the primary group of a user")
def chgrp(call: Call, oid: int, gid: int) -> int:
    user = edit_groups(call, oid, gid)
    # The old primary group is left, the new one entered.
    user["GROUPS"] = sorted({*user["GROUPS"]} - {user["GID"]} | {gid})
    user["GID"] = gid
    call.store.save("user", user)
    return oid


@method("one.user.addgroup", "ii", "Adds a user to a secondary group")
def addgroup(call: Call, oid: int, gid: int) -> int:
    user = edit_groups(call, oid, gid)
    if gid in user["GROUPS"]:
        raise OneError("User is already in this group", ACTION)
    user["GROUPS"] = sorted([*user["GROUPS"], gid])
    call.store.save("user", user)
    return oid


@method("one.user.delgroup", "ii", "Removes a user from a secondary group")
def delgroup(call: Call, oid: int, gid: int) -> int:
    user = edit_groups(call, oid, gid)
    if gid == user["GID"]:
        raise OneError("Cannot remove user from the primary group", ACTION)
    if gid not in user["GROUPS"]:
        raise OneError("User is not part of this group", ACTION)
    user["GROUPS"].remove(gid)
    call.store.save("user", user)
    return oid


def rule(who: int, types: str, right: str, zone: int) -> Object:
    resource = ALL
    for name in types.split("+"):
        resource |= RESOURCES[name]
    return {"USER": f"{who:x}", "RESOURCE": f"{resource:x}", "RIGHTS": f"{RIGHTS[right]:x}", "ZONE": f"{zone:x}"}


def group_rules(gid: int) -> list[Object]:
    """What every group but oneadmin's is given (DEFAULT_VDC_*_ACL for the resources of the zone)."""
    everything = "VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VMGROUP+BACKUPJOB"
    return [
        rule(GROUP | gid, everything, "CREATE", ALL),
        rule(GROUP | gid, "HOST", "MANAGE", ONE),
        rule(GROUP | gid, "NET", "USE", ONE),
        rule(GROUP | gid, "DATASTORE", "USE", ONE),
    ]


@method("one.group.allocate", "s", "Creates a new group")
def allocate_group(call: Call, name: str) -> int:
    call.require(("CREATE", "GROUP", None))
    check_name(name, INTERNAL)
    check_free(call, "group", name)
    oid = call.store.insert("group", {"NAME": name, "TEMPLATE": {}, "ADMINS": []})
    for item in group_rules(oid):
        call.store.insert("acl", item)
    return oid


@method("one.group.delete", "i", "Deletes a group")
def delete_group(call: Call, oid: int) -> int:
    call.get("group", oid)
    call.require(("ADMIN", "GROUP", oid))
    if oid < 100:
        raise OneError("Cannot delete group. System Groups (ID < 100) cannot be deleted.", ACTION)
    if any(oid in user["GROUPS"] for user in call.store.all("user")):
        raise OneError(f"Cannot delete group. Group {oid} is not empty.", ACTION)
    call.store.delete("group", oid)
    for item in call.store.all("acl"):
        if item["USER"] == f"{GROUP | oid:x}":
            call.store.delete("acl", item["ID"])
    return oid


def rule_text(item: Object) -> str:
    def subject(value: int) -> str:
        return "*" if value & ALL else f"{'@' if value & GROUP else '#'}{value & 0xFFFFFFFF}"

    resource, rights = int(item["RESOURCE"], 16), int(item["RIGHTS"], 16)
    types = "+".join(name for name, bit in RESOURCES.items() if resource & bit)
    granted = "+".join(name for name, bit in RIGHTS.items() if rights & bit)
    return f"{subject(int(item['USER'], 16))} {types}/{subject(resource)} {granted} {subject(int(item['ZONE'], 16))}"


@method("one.acl.info", "", "Returns the access rules", zone_disabled=True)
def acl_info(call: Call) -> str:
    call.require(("MANAGE", "ACL", None))
    items = sorted(call.store.all("acl"), key=lambda item: (int(item["USER"], 16), item["ID"]))
    rows = "".join(
        f"<ACL><ID>{item['ID']}</ID><USER>{item['USER']}</USER><RESOURCE>{item['RESOURCE']}</RESOURCE>"
        f"<RIGHTS>{item['RIGHTS']}</RIGHTS><ZONE>{item['ZONE']}</ZONE><STRING>{rule_text(item)}</STRING></ACL>"
        for item in items
    )
    return f"<ACL_POOL>{rows}</ACL_POOL>"


def bootstrap_groups(store: Store) -> None:
    """Groups and rules of an empty cloud."""
    store.insert("group", {"NAME": "oneadmin", "TEMPLATE": {}, "ADMINS": []}, ONEADMIN_GROUP)
    store.insert("group", {"NAME": "users", "TEMPLATE": {"SUNSTONE": [VIEWS]}, "ADMINS": []}, USERS_GROUP)
    store.set_last("group", 99)
    everything, *resources = group_rules(USERS_GROUP)
    everyone = [rule(ALL, "ZONE", "USE", ALL), rule(ALL, "MARKETPLACE+MARKETPLACEAPP", "USE", ALL)]
    for item in (everything, *everyone, *resources):
        store.insert("acl", item)
