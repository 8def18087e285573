# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Users (src/um), and what they have in common with groups."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from api import (
    ACTION,
    INTERNAL,
    USERS_GROUP,
    Call,
    OneError,
    digest,
    method,
)
from names import check_free, check_name, ids, register_info, register_pool, register_update
from store import Object, Store
from template import cdata, to_xml

QUOTAS = "".join(f"<{kind}_QUOTA></{kind}_QUOTA>" for kind in ("DATASTORE", "NETWORK", "VM", "IMAGE"))
# The one driver whose passwords oned itself hashes; others hand it what they want kept.
CORE, SERVER_CIPHER = "core", "server_cipher"


def user_body(call: Call, user: Object) -> str:
    return (
        f"<ID>{user['ID']}</ID><GID>{user['GID']}</GID>{ids(user['GROUPS'], 'GROUPS')}"
        f"<GNAME>{call.name('group', user['GID'])}</GNAME><NAME>{user['NAME']}</NAME>"
        f"<PASSWORD>{cdata(user['PASSWORD'])}</PASSWORD><AUTH_DRIVER>{cdata(user['AUTH_DRIVER'])}</AUTH_DRIVER>"
        f"<ENABLED>{int(user['ENABLED'])}</ENABLED>{to_xml(user['TEMPLATE'])}"
    )


def register(kind: str, body: Callable[[Call, Object], str]) -> None:
    """info, pool, update and default quotas, alike for users and groups."""
    tag = kind.upper()
    default = f"<DEFAULT_{tag}_QUOTAS>{QUOTAS}</DEFAULT_{tag}_QUOTAS>"

    def in_pool(call: Call, item: Object) -> str:
        return f"<{tag}>{body(call, item)}</{tag}><QUOTAS><ID>{item['ID']}</ID>{QUOTAS}</QUOTAS>"

    register_info(kind, lambda call, item: f"<{tag}>{body(call, item)}{QUOTAS}{default}</{tag}>")
    register_pool(kind, in_pool, default)
    register_update(kind)
    method(f"one.{kind}quota.info", "", f"Returns the default {kind} quotas", zone_disabled=True)(lambda _call: default)


register("user", user_body)


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
            "PASSWORD": digest(password) if driver == CORE else password,
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
    user["PASSWORD"] = digest(password) if user["AUTH_DRIVER"] == CORE else password
    call.store.save("user", user)
    return oid


@method("one.user.chauth", "iss", "Changes a user's authentication driver")
def chauth(call: Call, oid: int, driver: str, password: str) -> int:
    user = call.get("user", oid)
    call.require(("ADMIN", "USER", oid))
    user["AUTH_DRIVER"] = driver
    if password:
        check_password(password, ACTION, "")
        user["PASSWORD"] = digest(password) if driver == CORE else password
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
