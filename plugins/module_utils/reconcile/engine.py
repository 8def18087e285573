# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the observed state, plans, applies the plan and reports the result, for every resource kind."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import diff, outcome
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.apply import LOOKUP_SECONDS, apply_plans
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.protocol import Resources, W
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError


def ensure(client: Client, resources: Resources[W], *, check_mode: bool) -> dict[str, Any]:
    """Bring the objects into the desired state. Returns changed, results and diff of the module.

    Raises OnedError for a problem of all objects. The problem of one object is in its entry of `results`.
    """
    resources.check_desired()
    if resources.empty:
        return {"changed": False, "results": [], "diff": diff.of([])}
    try:
        observed = resources.read(client)
    except OnedError as error:
        raise OnedError(error.method, error.code, f"{error.message}; nothing was changed") from error
    resources.check(observed)
    plans = resources.plan(observed)
    items = {plan.name: Progress(plan.name, plan.id, plan.actions, problem=plan.problem) for plan in plans}
    if check_mode:
        for plan in plans:
            items[plan.name].done = plan.actions
    else:
        observed = apply_plans(client, resources, observed, plans, items)
        observed = resources.finish(client, observed, plans, items)
        again = outcome.remaining(resources, observed, plans, items)
        late = outcome.unfinished(again, items)
        if late:
            observed = apply_plans(client, resources, observed, late, items)
            again = outcome.remaining(resources, observed, plans, items)
        if outcome.gone(again, items):
            # oned may list a new object a moment later.
            client.sleep(LOOKUP_SECONDS)
            with suppress(OnedError):
                observed = resources.read(client)
                again = outcome.remaining(resources, observed, plans, items)
        outcome.conclude(again, items)
    for item in items.values():
        # The state of an object that was allocated in this run and is not listed yet is unknown.
        gone = None if item.created else "ABSENT"
        item.state = gone if item.id is None else resources.state_of(observed, item.id) or gone
    results = [item.result() for item in items.values()]
    return {"changed": any(result["changed"] for result in results), "results": results, "diff": diff.of(plans)}
