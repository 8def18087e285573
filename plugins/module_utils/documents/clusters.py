# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters, to which other objects refer."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Ref

POOL = "one.clusterpool.info"
# For cluster -1, one.host.allocate and others put the object into the default cluster.
DEFAULT = -1


def from_pool(document: str) -> list[Ref]:
    """The clusters of a CLUSTER_POOL document."""
    return pool.refs(document, "CLUSTER", POOL)


def unknown_cluster(owner: str, cluster: str, existing: Sequence[Ref]) -> str:
    """The message for a cluster that does not exist. owner: what refers to it, such as "host kvm1"."""
    known = ", ".join(map(str, existing))
    return f"{owner}: there is no cluster {cluster!r}; there are {known or 'none you may see'}"
