# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main part of a module that lists objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.options import run
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import info
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def listing(module: AnsibleModule, kind: type[Declared], result: str) -> None:
    """Exit with the objects that the options choose. result: the return key."""

    def work(client: Client) -> dict[str, Any]:
        resources = kind([], {})
        document = client.read(kind.list_call.method, *kind.list_call.params)
        found = info.chosen(resources.objects(document), module.params)
        clusters = module.params.get("clusters")
        if clusters is not None:
            cluster_ids = {ref.id for ref in info.named(client, clusters)}
            found = [existing for existing in found if cluster_ids & set(existing.view["clusters"])]
        return {"changed": False, result: [info.describe(existing) for existing in found]}

    run(module, work)
