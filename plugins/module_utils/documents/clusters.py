# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters, as other objects reference them."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Ref

POOL = "one.clusterpool.info"
# one.host.allocate and others put an object into the default cluster when asked for cluster -1.
DEFAULT = -1


def from_pool(document: str) -> list[Ref]:
    """The clusters of a CLUSTER_POOL document."""
    return pool.refs(document, "CLUSTER", POOL)


def unknown_cluster(owner: str, wanted: str, existing: Sequence[Ref]) -> str:
    """The message when there is no such cluster. owner: who names it, such as "host kvm1"."""
    there = ", ".join(map(str, existing))
    return f"{owner}: there is no cluster {wanted!r}; there are {there or 'none you may see'}"
