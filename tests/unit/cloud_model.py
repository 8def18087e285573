# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The model of oned with every other kind of object, as a real oned 6.10.0.1 and the transcripts show them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import (
    Template,
    TemplateError,
    parse,
)
from oned_model import ModelHost, Oned, Refused, opened, sealed, template_xml

# As oned calls them in methods: (element, element of the pool)
KINDS = {
    "cluster": ("CLUSTER", "CLUSTER_POOL"),
    "datastore": ("DATASTORE", "DATASTORE_POOL"),
    "group": ("GROUP", "GROUP_POOL"),
    "user": ("USER", "USER_POOL"),
    "vn": ("VNET", "VNET_POOL"),
    "zone": ("ZONE", "ZONE_POOL"),
    "acl": ("ACL", "ACL_POOL"),
    "hook": ("HOOK", "HOOK_POOL"),
    "image": ("IMAGE", "IMAGE_POOL"),
    "market": ("MARKETPLACE", "MARKETPLACE_POOL"),
    "template": ("VMTEMPLATE", "VMTEMPLATE_POOL"),
}


@dataclass
class ModelObject:
    """An object of any kind but host. more: what stands beside the template, by kind."""

    id: int
    name: str
    template: Template = field(default_factory=dict)
    owner: str = "oneadmin"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Cloud(Oned):
    """objects: by kind and id. The model refuses what it cannot do, as oned refuses an unknown method."""

    objects: dict[str, dict[int, ModelObject]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    last_id: int = 99

    def put(self, kind: str, name: str, template: Template | None = None, **more: Any) -> ModelObject:
        number = more.pop("id", None)
        if number is None:
            number = self.last_id = self.last_id + 1
        existing = ModelObject(number, name, sealed(kind, dict(template or {})))
        existing.owner = more.pop("owner", "oneadmin")
        existing.more = {**BIRTH.get(kind, dict)(), **more}
        self.objects[kind][existing.id] = existing
        return existing

    def add(self, name: str, kind: str = "kvm", **more: Any) -> ModelHost:
        more.setdefault("cluster", 0)
        return super().add(name, kind, **more)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        kind, _mark, action = name.partition("_")
        if action == "info" and kind in KINDS:
            return partial(self._info, kind)
        if action == "info" and kind.removesuffix("pool") in KINDS:
            return partial(self._pool, kind.removesuffix("pool"))
        generic = {"update": self._update, "rename": self._rename, "delete": self._delete, "allocate": self._allocate}
        if kind in KINDS and action in generic:
            return partial(generic[action], kind)
        raise AttributeError(name)

    def get(self, kind: str, number: int) -> ModelObject:
        if number not in self.objects[kind]:
            raise Refused(f"Error getting {kind} [{number}].", 1024)
        return self.objects[kind][number]

    def named(self, kind: str, name: str) -> ModelObject:
        return next(existing for existing in self.objects[kind].values() if existing.name == name)

    def _taken(self, kind: str, name: str, owner: str, *but: int) -> int | None:
        alike = (t for t in self.objects[kind].values() if t.name.casefold() == name.casefold() and t.id not in but)
        return next((t.id for t in alike if kind not in OWNED or t.owner == owner), None)

    def _new(self, kind: str, name: str, template: Template, **more: Any) -> int:
        problem = names.object_name_problem(name)
        if problem is not None:
            raise Refused(f"Invalid NAME, {problem}", 8192)
        taken = self._taken(kind, name, "oneadmin")
        if taken is not None and not self.racing:
            raise Refused(f"NAME is already taken by {KINDS[kind][0]} {taken}.", 8192)
        if taken is not None and kind in UNIQUE:
            raise Refused("", 8192)
        return self.put(kind, name, template, **more).id

    def _allocate(self, kind: str, *arguments: Any) -> int:
        if kind == "user":
            return self._user(*arguments)
        if kind == "image":
            return self._image(*arguments)
        if kind in BY_NAME:
            return self._new(kind, arguments[0], dict(BORN.get(kind, {})))
        given = self._parsed(arguments[0])
        name = str(given.pop("NAME", ""))
        need = NEEDS.get(kind, ())
        if any(key not in given for key in need):
            raise Refused(f"No {need[0]} in template.", 8192)
        more: dict[str, Any] = {"type": given.pop("TYPE", "")} if kind == "hook" else {}
        more |= {"clusters": [max(arguments[1], 0)]} if kind in ("datastore", "vn") else {}
        born = {**BORN.get(kind, {}), **given}
        if kind == "vn":
            born = _automatic(born, more)
        return self._new(kind, name, _kept(kind, born, more), **more)

    @staticmethod
    def _parsed(text: str) -> Template:
        try:
            return parse(text)
        except TemplateError as error:
            raise Refused(f"Cannot update template. Parse error: {error}", 8192) from error

    def _update(self, kind: str, number: int, text: str, append: int) -> int:
        existing, given = self.get(kind, number), self._parsed(text)
        kept = {key: existing.template[key] for key in STAYS.get(kind, ()) if key in existing.template}
        stored = {**existing.template, **given} if append else {**kept, **given}
        if kind == "vn":
            stored["BRIDGE"] = stored.get("BRIDGE") or existing.template.get("BRIDGE", "")
        existing.template = sealed(kind, _kept(kind, stored, existing.more))
        return number

    def _rename(self, kind: str, number: int, name: str) -> int:
        existing = self.get(kind, number)
        if names.object_name_problem(name) is not None:
            raise Refused("Invalid NAME", 8192)
        taken = self._taken(kind, name, existing.owner, number)
        if taken is not None:
            raise Refused(f"{kind} cannot be renamed to {name} because it collides with {kind} {taken}", 2048)
        existing.name = name
        return number

    def _delete(self, kind: str, number: int, *_arguments: Any) -> int:
        existing = self.get(kind, number)
        refusal = UNDELETABLE.get(kind, lambda _cloud, _thing: None)(self, existing)
        if refusal is not None:
            raise Refused(f"Cannot delete {kind}. {refusal}", 2048)
        del self.objects[kind][number]
        return number

    def _info(self, kind: str, number: int, *arguments: bool) -> str:
        assert arguments[-1], "whether to decrypt"
        return self._xml(kind, KINDS[kind][0], self.get(kind, number), decrypt=self.admin)

    def _pool(self, kind: str, *_filter: int) -> str:
        element, pool = KINDS[kind]
        body = "".join(self._xml(kind, element, existing) for existing in reversed(self.objects[kind].values()))
        return f"<{pool}>{body}</{pool}>"

    def _xml(self, kind: str, element: str, existing: ModelObject, *, decrypt: bool = False) -> str:
        uname = f"<UNAME>{escape(existing.owner)}</UNAME>" if kind in OWNED else ""
        template = opened(existing.template) if decrypt else existing.template
        inner = RENDER.get(kind, lambda _cloud, _thing: "")(self, existing)
        return (
            f"<{element}><ID>{existing.id}</ID>{uname}<NAME>{escape(existing.name)}</NAME>{inner}"
            f"<TEMPLATE>{template_xml(template)}</TEMPLATE></{element}>"
        )

    # Clusters, which hosts and others belong to.

    def clusterpool_info(self) -> str:
        return self._pool("cluster")

    def _call(self, method: str, params: tuple[Any, ...]) -> list[Any]:
        self.clusters = {number: existing.name for number, existing in self.objects["cluster"].items()}
        return super()._call(method, params)

    def cluster_addhost(self, cluster: int, number: int) -> int:
        self.get("cluster", cluster)
        self._host(number).cluster = cluster
        return cluster

    def cluster_delhost(self, cluster: int, number: int) -> int:
        self.get("cluster", cluster)
        self._host(number).cluster = 0
        return 0

    def cluster_adddatastore(self, cluster: int, number: int) -> int:
        return self._member("datastore", cluster, number, there=True)

    def cluster_deldatastore(self, cluster: int, number: int) -> int:
        return self._member("datastore", cluster, number, there=False)

    def cluster_addvnet(self, cluster: int, number: int) -> int:
        return self._member("vn", cluster, number, there=True)

    def cluster_delvnet(self, cluster: int, number: int) -> int:
        return self._member("vn", cluster, number, there=False)

    def _member(self, kind: str, cluster: int, number: int, *, there: bool) -> int:
        self.get("cluster", cluster)
        clusters = self.get(kind, number).more["clusters"]
        if there and cluster not in clusters:
            clusters.append(cluster)
        elif not there and cluster in clusters:
            clusters.remove(cluster)
        return cluster

    # Networks: made and removed in the background, their ranges beside the template.

    def vnpool_info(self, *_filter: int) -> str:
        document = self._pool("vn")
        for existing in list(self.objects["vn"].values()):
            if existing.more["state"] == 2:
                for entry in _entries(existing.template.pop("AR", [])):
                    self._born(existing, entry)
                existing.more["state"] = 1
            elif existing.more["state"] == 3:
                del self.objects["vn"][existing.id]
        return document

    @staticmethod
    def _born(existing: ModelObject, entry: dict[str, str]) -> None:
        if not entry.get("SIZE", "1").isdecimal():
            raise Refused("Wrong SIZE for address range", 8192)
        # oned fills a range without a size.
        calculated = {"MAC": "02:00:0a:00:00:01", "SIZE": "1024"}
        entry = {**calculated, **entry, "AR_ID": str(max(existing.more["ranges"], default=-1) + 1)}
        existing.more["ranges"][int(entry["AR_ID"])] = entry

    def _ready(self, number: int) -> ModelObject:
        existing = self.get("vn", number)
        if existing.more["state"] != 1:
            raise Refused("Could not execute: Virtual Network is in wrong state: LOCK_CREATE", 2048)
        return existing

    def vn_add_ar(self, number: int, text: str) -> int:
        for entry in _entries(self._parsed(text)["AR"]):
            self._born(self._ready(number), entry)
        return number

    def vn_update_ar(self, number: int, text: str) -> int:
        for entry in _entries(self._parsed(text)["AR"]):
            if int(entry["AR_ID"]) not in self._ready(number).more["ranges"]:
                raise Refused(f"Address Range with ID {entry['AR_ID']} was not found.", 8192)
            there = self._ready(number).more["ranges"][int(entry["AR_ID"])]
            calculated = {key: there[key] for key in ("TYPE", "IP", "IP6", "MAC", "ALLOCATED") if key in there}
            self._ready(number).more["ranges"][int(entry["AR_ID"])] = {**entry, **calculated}
        return number

    def vn_rm_ar(self, number: int, entry: int) -> int:
        if entry not in self._ready(number).more["ranges"]:
            raise Refused("Address Range does not exist", 8192)
        if "ALLOCATED" in self._ready(number).more["ranges"][entry]:
            raise Refused("Address Range has leases in use", 8192)
        del self.get("vn", number).more["ranges"][entry]
        return number

    def vn_delete(self, number: int) -> int:
        if self.get("vn", number).more["leases"]:
            raise Refused("Cannot delete virtual network. Can not remove a virtual network with leases in use", 2048)
        self.get("vn", number).more["state"] = 3
        return number

    # Marketplaces and images.

    def market_enable(self, number: int, enabled: bool) -> int:
        self.get("market", number).more["state"] = 0 if enabled else 1
        return number

    def _image(self, text: str, datastore: int, _check: bool) -> int:
        self.get("datastore", datastore)
        given = self._parsed(text)
        kind = IMAGE_TYPES.index(str(given.pop("TYPE", "OS")))
        persistent = int(given.pop("PERSISTENT", "NO") == "YES")
        path, _size = given.pop("PATH", ""), given.pop("SIZE", "1")
        for dropped in ("DRIVER", "FORMAT", "FS", "TM_MAD"):
            given.pop(dropped, None)
        if path == "/nope":
            raise Refused("Cannot parse image SIZE: File not found", 8192)
        template: Template = {"DEV_PREFIX": "sd", **given}
        more = {"type": kind, "persistent": persistent, "datastore": datastore, "broken": path == "/broken"}
        return self._new("image", str(template.pop("NAME")), template, **more)

    def imagepool_info(self, *_filter: int) -> str:
        document = self._pool("image")
        for existing in list(self.objects["image"].values()):
            if existing.more["state"] == 4 and existing.more["broken"]:
                existing.more["state"] = 5
                existing.template["ERROR"] = "no such file"
            elif existing.more["state"] == 4:
                existing.more["state"] = 1
            elif existing.more["state"] == 7:
                del self.objects["image"][existing.id]
        return document

    def image_delete(self, number: int) -> int:
        self.get("image", number).more["state"] = 7
        return number

    def image_chtype(self, number: int, kind: str) -> int:
        self.get("image", number).more["type"] = IMAGE_TYPES.index(kind)
        return number

    def image_persistent(self, number: int, persistent: bool) -> int:
        self.get("image", number).more["persistent"] = int(persistent)
        return number

    # Users and groups.

    def _user(self, name: str, password: str, driver: str, groups: list[int]) -> int:
        # PASSWORD_REQUIRED of ldap is NO
        if driver != "ldap" and (not password or " " in password):
            raise Refused("Invalid password", 8192)
        stored = _digest(password) if driver in ("", "core") else password
        given = [self.get("group", gid).id for gid in groups] or [1]
        created: Template = {"TOKEN_PASSWORD": "t0ken"}
        return self._new("user", name, created, groups=given, password=stored, driver=driver or "core", enabled=True)

    def user_passwd(self, number: int, password: str) -> int:
        user = self.get("user", number)
        user.more["password"] = _digest(password) if user.more["driver"] == "core" else password
        return number

    def user_chauth(self, number: int, driver: str, password: str) -> int:
        self.get("user", number).more["driver"] = driver
        return self.user_passwd(number, password) if password else number

    def user_enable(self, number: int, enabled: bool) -> int:
        self.get("user", number).more["enabled"] = enabled
        return number

    def user_chgrp(self, number: int, group: int) -> int:
        groups = self.get("user", number).more["groups"]
        # The former primary group is left, unless the new one was a secondary group before.
        left = groups if group in groups else groups[1:]
        self.get("user", number).more["groups"] = [group, *(gid for gid in left if gid != group)]
        return number

    def user_addgroup(self, number: int, group: int) -> int:
        if group in self.get("user", number).more["groups"]:
            raise Refused("User is already in this group", 2048)
        self.get("user", number).more["groups"].append(group)
        return number

    def user_delgroup(self, number: int, group: int) -> int:
        groups = self.get("user", number).more["groups"]
        if groups[0] == group:
            raise Refused("Cannot remove user from the primary group", 2048)
        if group not in groups:
            raise Refused("User is not part of this group", 2048)
        groups.remove(group)
        return number

    def group_addadmin(self, number: int, user: int) -> int:
        admins = self.get("group", number).more["admins"]
        if number not in self.get("user", user).more["groups"]:
            raise Refused(f"Cannot edit group. User {user} is not part of Group {number}.", 8192)
        if user in admins:
            raise Refused(f"Cannot edit group. User {user} is already an administrator of Group {number}.", 8192)
        admins.append(user)
        return number

    def group_deladmin(self, number: int, user: int) -> int:
        admins = self.get("group", number).more["admins"]
        if user not in admins:
            raise Refused(f"Cannot edit group. User {user} is not an administrator of Group {number}.", 8192)
        admins.remove(user)
        return number

    # Rules.

    def acl_info(self) -> str:
        return self._pool("acl")

    def acl_addrule(self, *parts: str) -> int:
        rule = tuple(part.removeprefix("0x") for part in parts)
        if any(existing.more["rule"] == rule for existing in self.objects["acl"].values()):
            raise Refused("Rule already exists", 8192)
        return self.put("acl", "", rule=rule).id

    def acl_delrule(self, number: int) -> int:
        if number not in self.objects["acl"]:
            raise Refused(f"Rule {number} does not exist", 8192)
        del self.objects["acl"][number]
        return number


def shape(cloud: Cloud) -> Any:
    """Everything in a cloud but the ids, which depend on who came first."""
    names = {number: existing.name for number, existing in cloud.objects["cluster"].items()}
    groups = {number: existing.name for number, existing in cloud.objects["group"].items()}
    hosts = [
        (h.name, h.state, names[h.cluster], sorted(map(str, opened(h.template).items()))) for h in cloud.hosts.values()
    ]
    objects = [
        (kind, t.name, t.owner, sorted(map(str, opened(t.template).items())), _plain(t.more, names, groups))
        for kind, of_kind in cloud.objects.items()
        for t in of_kind.values()
    ]
    return sorted(map(str, hosts)), sorted(map(str, objects))


def _plain(more: dict[str, Any], clusters: dict[int, str], groups: dict[int, str]) -> dict[str, Any]:
    shown = dict(more)
    if "clusters" in more:
        shown["clusters"] = sorted(clusters[number] for number in more["clusters"])
    if "groups" in more:
        first, *others = [groups.get(number, str(number)) for number in more["groups"]]
        shown["groups"] = [first, *sorted(others)]
    if "ranges" in more:
        entries = [{key: value for key, value in entry.items() if key != "AR_ID"} for entry in more["ranges"].values()]
        shown["ranges"] = sorted(map(str, entries))
    return shown


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _user(_cloud: Cloud, existing: ModelObject) -> str:
    groups = existing.more["groups"]
    return (
        f"<GID>{groups[0]}</GID>{ids('GROUPS', groups)}<PASSWORD>{escape(existing.more['password'])}</PASSWORD>"
        f"<AUTH_DRIVER>{existing.more['driver']}</AUTH_DRIVER><ENABLED>{int(existing.more['enabled'])}</ENABLED>"
    )


def _group(cloud: Cloud, existing: ModelObject) -> str:
    users = [user.id for user in cloud.objects["user"].values() if existing.id in user.more["groups"]]
    return ids("USERS", users) + ids("ADMINS", existing.more["admins"])


def _acl(_cloud: Cloud, existing: ModelObject) -> str:
    tags = zip(("USER", "RESOURCE", "RIGHTS", "ZONE"), existing.more["rule"], strict=True)
    return "".join(f"<{tag}>{part}</{tag}>" for tag, part in tags)


def _render_image(cloud: Cloud, existing: ModelObject) -> str:
    more = existing.more
    return (
        f"<TYPE>{more['type']}</TYPE><PERSISTENT>{more['persistent']}</PERSISTENT><STATE>{more['state']}</STATE>"
        f"<SIZE>1</SIZE><DATASTORE_ID>{more['datastore']}</DATASTORE_ID>"
        f"<DATASTORE>{escape(cloud.get('datastore', more['datastore']).name)}</DATASTORE>{ids('VMS', more['vms'])}"
    )


def _in_use(cloud: Cloud, existing: ModelObject) -> str | None:
    used = any(existing.id in user.more["groups"] for user in cloud.objects["user"].values())
    return f"Group {existing.id} is not empty." if used else None


def _entries(value: Any) -> list[dict[str, str]]:
    return value if isinstance(value, list) else [value]


def _automatic(given: Template, more: dict[str, Any]) -> Template:
    """VLANs that oned chooses are told beside the template."""
    for name in ("VLAN_ID", "OUTER_VLAN_ID"):
        asked = str(given.pop(f"AUTOMATIC_{name}", "")).upper() == "YES"
        if asked and not given.get(name):
            more.setdefault("automatic", []).append(name)
    return {**given, "BRIDGE": given.get("BRIDGE") or "onebr0"}


def _kept(kind: str, template: Template, more: dict[str, Any]) -> Template:
    """What oned makes of a template (src/vnm, src/hm, src/datastore, src/zone)."""
    template = dict(template)
    if kind == "hook":
        template["REMOTE"] = "YES" if str(template.get("REMOTE", "")).upper() == "YES" else "NO"
        for name in {"STATE", "LCM_STATE"} & {*template}:
            template[name] = str(template[name]).upper()
    elif kind == "vn":
        for name in ("VLAN_ID", "OUTER_VLAN_ID"):
            template.pop(f"AUTOMATIC_{name}", None)
            if name in more.get("automatic", ()):
                template.pop(name, None)
    elif kind == "datastore":
        # What the driver says in oned.conf.
        template["ALLOW_ORPHANS"] = "YES"
        template.pop("BASE_PATH", None)
    elif kind == "zone":
        template.pop("SERVER", None)
    return template


def _clusters(_cloud: Cloud, existing: ModelObject) -> str:
    return ids("CLUSTERS", existing.more["clusters"])


def _datastore(cloud: Cloud, existing: ModelObject) -> str:
    kind = {"SYSTEM_DS": 1, "FILE_DS": 2, "BACKUP_DS": 3}.get(str(existing.template.get("TYPE")), 0)
    mads = "".join(f"<{key}>{escape(str(existing.template.get(key, '-')))}</{key}>" for key in ("DS_MAD", "TM_MAD"))
    sizes = "<TOTAL_MB>100</TOTAL_MB><FREE_MB>60</FREE_MB><USED_MB>40</USED_MB>"
    images = ids("IMAGES", existing.more["images"])
    return f"{mads}<TYPE>{kind}</TYPE><STATE>0</STATE>{_clusters(cloud, existing)}{sizes}{images}"


def _vnet(cloud: Cloud, existing: ModelObject) -> str:
    text = {key: escape(str(existing.template.get(key, ""))) for key in ("BRIDGE", "VN_MAD")}
    parent = f"<PARENT_NETWORK_ID>{existing.more['parent']}</PARENT_NETWORK_ID>"
    ranges = "".join(template_xml({"AR": entry}) for entry in existing.more["ranges"].values())
    return (
        f"{_clusters(cloud, existing)}<BRIDGE>{text['BRIDGE']}</BRIDGE><STATE>{existing.more['state']}</STATE>"
        f"{''.join(f'<{name}_AUTOMATIC>1</{name}_AUTOMATIC>' for name in existing.more.get('automatic', []))}"
        f"{parent}<VN_MAD>{text['VN_MAD']}</VN_MAD><USED_LEASES>{existing.more['leases']}</USED_LEASES>"
        f"<AR_POOL>{ranges}</AR_POOL>"
    )


def ids(tag: str, numbers: list[int]) -> str:
    return f"<{tag}>{''.join(f'<ID>{number}</ID>' for number in sorted(numbers))}</{tag}>"


def _members(cloud: Cloud, kind: str, cluster: int) -> list[int]:
    return [t.id for t in cloud.objects.get(kind, {}).values() if cluster in t.more["clusters"]]


def _cluster(cloud: Cloud, existing: ModelObject) -> str:
    hosts = [host.id for host in cloud.hosts.values() if host.cluster == existing.id]
    return (
        ids("HOSTS", hosts)
        + ids("DATASTORES", _members(cloud, "datastore", existing.id))
        + ids("VNETS", _members(cloud, "vn", existing.id))
    )


def _not_empty(cloud: Cloud, existing: ModelObject) -> str | None:
    if existing.id < 100:
        return "System Clusters (ID < 100) cannot be deleted."
    hosts = any(host.cluster == existing.id for host in cloud.hosts.values())
    others = _members(cloud, "datastore", existing.id) + _members(cloud, "vn", existing.id)
    return f"Cluster {existing.id} is not empty" if hosts or others else None


IMAGE_TYPES = ("OS", "CDROM", "DATABLOCK", "KERNEL", "RAMDISK", "CONTEXT", "BACKUP")
# What each kind is born with beside its template, and what its template then holds.
BIRTH: dict[str, Callable[[], dict[str, Any]]] = {
    "datastore": lambda: {"clusters": [0], "images": []},
    "group": lambda: {"admins": []},
    "hook": lambda: {"type": "api"},
    "image": lambda: {"state": 4, "vms": [], "datastore": 1, "type": 0, "persistent": 0, "broken": False},
    "market": lambda: {"state": 0, "apps": []},
    "user": lambda: {"groups": [1], "password": "", "driver": "core", "enabled": True},
    "vn": lambda: {"clusters": [0], "ranges": {}, "state": 2, "leases": 0, "parent": ""},
}
BORN: dict[str, Template] = {
    "hook": {"REMOTE": "NO"},
    "cluster": {"RESERVED_CPU": "", "RESERVED_MEM": ""},
    "datastore": {"ALLOW_ORPHANS": "YES", "CLONE_TARGET": "SYSTEM", "RESTRICTED_DIRS": "/", "SAFE_DIRS": "/var/tmp"},
    "vn": {"BRIDGE_TYPE": "linux", "OUTER_VLAN_ID": "", "PHYDEV": "", "SECURITY_GROUPS": "0", "VLAN_ID": ""},
}
# Allocated by name, not by template.
BY_NAME = {"cluster", "group"}
# Names are unique for each owner only.
OWNED = {"datastore", "image", "market", "template", "vn"}
# Names are unique in the database, and oned refuses a second one with an empty message.
UNIQUE = {"cluster", "group", "user", "vn", "image", "zone"}
# Attributes without which oned makes none, the one it misses first.
NEEDS = {"datastore": ("TM_MAD",), "vn": ("VN_MAD",), "zone": ("ENDPOINT",), "market": ("MARKET_MAD",)}
# Attributes that survive the replacement of a template.
STAYS: dict[str, tuple[str, ...]] = {"datastore": ("DS_MAD", "TM_MAD", "TYPE"), "user": ("TOKEN_PASSWORD",)}
UNDELETABLE: dict[str, Callable[[Cloud, ModelObject], str | None]] = {"cluster": _not_empty, "group": _in_use}
RENDER: dict[str, Callable[[Cloud, ModelObject], str]] = {
    "acl": _acl,
    "cluster": _cluster,
    "datastore": _datastore,
    "group": _group,
    "hook": lambda _cloud, existing: f"<TYPE>{existing.more['type']}</TYPE>",
    "image": _render_image,
    "market": lambda _cloud, existing: (
        f"<STATE>{existing.more['state']}</STATE>{ids('MARKETPLACEAPPS', existing.more['apps'])}"
    ),
    "user": _user,
    "vn": _vnet,
    "zone": lambda _cloud, _thing: "<STATE>0</STATE>",
}
