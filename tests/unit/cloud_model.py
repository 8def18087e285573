# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The model of oned with every other kind of object, as a real oned 6.10.0.1 and the transcripts show them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from ansible_collections.kubenebula.opennebula.plugins.module_utils import names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.template import Template, TemplateError, parse
from oned_model import ModelHost, Oned, Refused, template_xml

# As oned calls them in methods: (element, element of the pool)
KINDS = {
    "cluster": ("CLUSTER", "CLUSTER_POOL"),
    "datastore": ("DATASTORE", "DATASTORE_POOL"),
    "group": ("GROUP", "GROUP_POOL"),
    "user": ("USER", "USER_POOL"),
    "vn": ("VNET", "VNET_POOL"),
}


@dataclass
class Thing:
    """Any object. more: what stands beside the template, by kind."""

    id: int
    name: str
    template: Template = field(default_factory=dict)
    owner: str = "oneadmin"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Cloud(Oned):
    """things: by kind and id. What the model cannot do it refuses as oned does an unknown method."""

    things: dict[str, dict[int, Thing]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    ids: Any = field(default_factory=lambda: count(100))

    def put(self, kind: str, name: str, template: Template | None = None, **more: Any) -> Thing:
        number = more.pop("id", None)
        thing = Thing(next(self.ids) if number is None else number, name, dict(template or {}))
        thing.owner = more.pop("owner", "oneadmin")
        thing.more = {**BIRTH.get(kind, dict)(), **more}
        self.things[kind][thing.id] = thing
        return thing

    def add(self, name: str, kind: str = "kvm", **more: Any) -> ModelHost:
        more.setdefault("cluster", 0)
        return super().add(name, kind, **more)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        kind, _, action = name.partition("_")
        if action == "info" and kind.removesuffix("pool") in KINDS:
            return partial(self._pool, kind.removesuffix("pool"))
        generic = {"update": self._update, "rename": self._rename, "delete": self._delete, "allocate": self._allocate}
        if kind in KINDS and action in generic:
            return partial(generic[action], kind)
        raise AttributeError(name)

    def get(self, kind: str, number: int) -> Thing:
        if number not in self.things[kind]:
            raise Refused(f"Error getting {kind} [{number}].", 1024)
        return self.things[kind][number]

    def named(self, kind: str, name: str) -> Thing:
        return next(thing for thing in self.things[kind].values() if thing.name == name)

    def _taken(self, kind: str, name: str, owner: str, *but: int) -> int | None:
        alike = (t for t in self.things[kind].values() if t.name.casefold() == name.casefold() and t.id not in but)
        return next((t.id for t in alike if kind not in OWNED or t.owner == owner), None)

    def _new(self, kind: str, name: str, template: Template, **more: Any) -> int:
        problem = names.object_name_problem(name)
        if problem is not None:
            raise Refused(f"Invalid NAME, {problem}", 8192)
        taken = self._taken(kind, name, "oneadmin")
        if taken is not None:
            raise Refused(f"NAME is already taken by {KINDS[kind][0]} {taken}.", 8192)
        return self.put(kind, name, template, **more).id

    def _allocate(self, kind: str, *arguments: Any) -> int:
        if kind in BY_NAME:
            return self._new(kind, arguments[0], dict(BORN.get(kind, {})))
        given = self._parsed(arguments[0])
        name = str(given.pop("NAME", ""))
        return self._new(kind, name, {**BORN.get(kind, {}), **given})

    @staticmethod
    def _parsed(text: str) -> Template:
        try:
            return parse(text)
        except TemplateError as error:
            raise Refused(f"Cannot update template. Parse error: {error}", 8192) from error

    def _update(self, kind: str, number: int, text: str, append: int) -> int:
        thing, given = self.get(kind, number), self._parsed(text)
        kept = {key: thing.template[key] for key in STAYS.get(kind, ()) if key in thing.template}
        thing.template = {**thing.template, **given} if append else {**kept, **given}
        return number

    def _rename(self, kind: str, number: int, name: str) -> int:
        thing = self.get(kind, number)
        if names.object_name_problem(name) is not None:
            raise Refused("Invalid NAME", 8192)
        taken = self._taken(kind, name, thing.owner, number)
        if taken is not None:
            raise Refused(f"{kind} cannot be renamed to {name} because it collides with {kind} {taken}", 2048)
        thing.name = name
        return number

    def _delete(self, kind: str, number: int, *_arguments: Any) -> int:
        thing = self.get(kind, number)
        refusal = UNDELETABLE.get(kind, lambda _cloud, _thing: None)(self, thing)
        if refusal is not None:
            raise Refused(f"Cannot delete {kind}. {refusal}", 2048)
        del self.things[kind][number]
        return number

    def _pool(self, kind: str, *_filter: int) -> str:
        element, pool = KINDS[kind]
        body = "".join(self._xml(kind, element, thing) for thing in reversed(self.things[kind].values()))
        return f"<{pool}>{body}</{pool}>"

    def _xml(self, kind: str, element: str, thing: Thing) -> str:
        uname = f"<UNAME>{escape(thing.owner)}</UNAME>" if kind in OWNED else ""
        inner = RENDER.get(kind, lambda _cloud, _thing: "")(self, thing)
        return (
            f"<{element}><ID>{thing.id}</ID>{uname}<NAME>{escape(thing.name)}</NAME>{inner}"
            f"<TEMPLATE>{template_xml(thing.template)}</TEMPLATE></{element}>"
        )

    # Clusters, which hosts and others belong to.

    def clusterpool_info(self) -> str:
        return self._pool("cluster")

    def _host_xml(self, host: ModelHost) -> str:
        self.clusters = {number: thing.name for number, thing in self.things["cluster"].items()}
        return super()._host_xml(host)

    def cluster_addhost(self, cluster: int, number: int) -> int:
        self.get("cluster", cluster)
        self._host(number).cluster = cluster
        return cluster

    def cluster_delhost(self, cluster: int, number: int) -> int:
        if self._host(number).cluster == cluster:
            self._host(number).cluster = 0
        return 0

    def _member(self, kind: str, cluster: int, number: int, *, there: bool) -> int:
        self.get("cluster", cluster)
        clusters = self.get(kind, number).more["clusters"]
        if there and cluster not in clusters:
            clusters.append(cluster)
        elif not there and cluster in clusters:
            clusters.remove(cluster)
        return cluster


def ids(tag: str, numbers: list[int]) -> str:
    return f"<{tag}>{''.join(f'<ID>{number}</ID>' for number in sorted(numbers))}</{tag}>"


def _members(cloud: Cloud, kind: str, cluster: int) -> list[int]:
    return [t.id for t in cloud.things.get(kind, {}).values() if cluster in t.more["clusters"]]


def _cluster(cloud: Cloud, thing: Thing) -> str:
    hosts = [host.id for host in cloud.hosts.values() if host.cluster == thing.id]
    return (
        ids("HOSTS", hosts)
        + ids("DATASTORES", _members(cloud, "datastore", thing.id))
        + ids("VNETS", _members(cloud, "vn", thing.id))
    )


def _not_empty(cloud: Cloud, thing: Thing) -> str | None:
    if thing.id < 100:
        return "System Clusters (ID < 100) cannot be deleted."
    hosts = any(host.cluster == thing.id for host in cloud.hosts.values())
    others = _members(cloud, "datastore", thing.id) + _members(cloud, "vn", thing.id)
    return f"Cluster {thing.id} is not empty" if hosts or others else None


# What each kind is born with beside its template, and what its template then holds.
BIRTH: dict[str, Callable[[], dict[str, Any]]] = {}
BORN: dict[str, Template] = {"cluster": {"RESERVED_CPU": "", "RESERVED_MEM": ""}}
# Allocated by name, not by template.
BY_NAME = {"cluster"}
# Names are unique for each owner only.
OWNED: set[str] = set()
# Attributes that survive the replacement of a template.
STAYS: dict[str, tuple[str, ...]] = {}
UNDELETABLE: dict[str, Callable[[Cloud, Thing], str | None]] = {"cluster": _not_empty}
RENDER: dict[str, Callable[[Cloud, Thing], str]] = {"cluster": _cluster}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
