# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters, as far as other objects name them."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml

POOL = "one.clusterpool.info"
# one.host.allocate and others put an object into the default cluster when asked for cluster -1.
DEFAULT = -1


@dataclass(frozen=True)
class Cluster:
    id: int
    name: str


def from_pool(document: str) -> list[Cluster]:
    """The clusters of a CLUSTER_POOL document."""
    return [Cluster(xml.number(e, "ID"), xml.text(e, "NAME")) for e in xml.objects(document, "CLUSTER", POOL)]


def find(clusters: list[Cluster], wanted: str) -> Cluster | None:
    """The cluster of this id, if `wanted` is all digits, else of this name (exactly, then without regard to case)."""
    if wanted.isdecimal():
        return next((c for c in clusters if c.id == int(wanted)), None)
    for key in (str, str.casefold):
        for cluster in clusters:
            if key(cluster.name) == key(wanted):
                return cluster
    return None
