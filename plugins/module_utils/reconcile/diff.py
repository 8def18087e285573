# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's diff of a plan: only objects that change, only managed attributes, no secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import ItemPlan


def of(plans: Iterable[ItemPlan]) -> dict[str, dict[str, Any]]:
    """{"before": {name: attributes}, "after": {name: attributes}}; objects that do not exist are left out."""
    changing = [plan for plan in plans if plan.changes]
    return {
        "before": {plan.name: secrets.masked(plan.before) for plan in changing if plan.before is not None},
        "after": {plan.name: secrets.masked(plan.after, plan.before) for plan in changing if plan.after is not None},
    }
