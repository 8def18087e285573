# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main part of a module that brings objects into the desired state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.options import run
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import failure
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.protocol import Resources, W
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def ensure(module: AnsibleModule, kind_name: str, resources: Callable[[], Resources[W]]) -> None:
    """Bring objects into the desired state and exit. resources: the declared objects, from the module's options."""

    def work(client: Client) -> dict[str, Any]:
        result = engine.ensure(client, resources(), check_mode=module.check_mode)
        problem = failure(kind_name, result["results"])
        return {**result, "msg": problem} if problem else result

    run(module, work)


def planned(module: AnsibleModule) -> Mapping[str, Sequence[str]]:
    """Names of objects that do not exist yet, by resource kind: check mode may count on them."""
    given: Mapping[str, Sequence[str]] | None = module.params.get("planned")
    return {kind: names for kind, names in (given or {}).items() if names} if module.check_mode else {}
