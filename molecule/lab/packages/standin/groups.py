# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Groups, and the access rules every group is given (src/group, src/acl)."""

from __future__ import annotations

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
    method,
)
from names import check_free, check_name, ids
from store import Object, Store
from template import to_xml
from users import register

VIEWS = {
    "VIEWS": "cloud",
    "DEFAULT_VIEW": "cloud",
    "GROUP_ADMIN_VIEWS": "groupadmin,cloud",
    "GROUP_ADMIN_DEFAULT_VIEW": "groupadmin",
}


def group_body(call: Call, group: Object) -> str:
    members = sorted(user["ID"] for user in call.store.all("user") if group["ID"] in user["GROUPS"])
    return (
        f"<ID>{group['ID']}</ID><NAME>{group['NAME']}</NAME>{to_xml(group['TEMPLATE'])}"
        f"{ids(members, 'USERS')}{ids(group['ADMINS'], 'ADMINS')}"
    )


register("group", group_body)


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
