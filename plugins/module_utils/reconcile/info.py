# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses and describes objects, for the modules that list them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.clusters import unknown_cluster
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Named, Ref, pick, refs
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import LISTS, ObservedObject
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import SetupError

N = TypeVar("N", bound=Named)


def chosen(items: Sequence[N], params: Mapping[str, Any]) -> list[N]:
    """The objects that the options names and ids choose, ordered by id. All if neither is given. Raises SetupError."""
    names, ids = params["names"], params["ids"]
    items = sorted(items, key=lambda item: item.id)
    if names is None and ids is None:
        return items
    matches = [_matcher(str(name)) for name in names or []]
    return [item for item in items if item.id in (ids or []) or any(match(item.name) for match in matches)]


def _matcher(name: str) -> Callable[[str], bool]:
    """Matches a name, ignoring case. After a ~, the name is a regular expression that may match anywhere."""
    if not name.startswith("~"):
        return lambda found: found.casefold() == name.casefold()
    try:
        pattern = re.compile(name[1:], re.IGNORECASE)
    except re.error as error:
        raise SetupError(f"names: {name!r} is not a regular expression: {error}") from error
    return lambda found: pattern.search(found) is not None


def named(client: Client, clusters: Sequence[str]) -> list[Ref]:
    """The clusters with these names or ids. Raises OnedError, also for a cluster that does not exist."""
    call, tag = LISTS["cluster"]
    existing = refs(client.read(call.method), tag, call.method)
    found = []
    for name in clusters:
        ref = pick(existing, str(name).strip())
        if ref is None:
            raise SetupError(unknown_cluster("option clusters", name, existing))
        found.append(ref)
    return found


def describe(existing: ObservedObject) -> dict[str, Any]:
    """An object as plain values, without secrets."""
    owner = {"owner": existing.owner} if existing.owner else {}
    view = {key: secrets.without(value) for key, value in existing.view.items() if not key.startswith("_")}
    view.pop("password", None)
    return {"id": existing.id, "name": existing.name, **owner, **view}
