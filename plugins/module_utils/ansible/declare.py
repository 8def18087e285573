# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main part of a module that declares objects of a resource kind with a name and a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.ensure import ensure, planned
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def declare(module: AnsibleModule, kind: type[Declared], option: str) -> None:
    """Bring the objects listed in `option` into the desired state and exit."""
    items = module.params[option]
    ensure(module, kind.kind_name, lambda: kind(items, {**module.params, "planned": planned(module)}))
