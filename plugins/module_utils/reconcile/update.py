# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wanted template attributes to the call that stores them."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import OWN_ID, Change

# Arguments of one.*.update.
_REPLACE, _MERGE = 0, 1


def surplus(wanted: Template, found: Template, kept: Callable[[str], bool]) -> list[str]:
    """Attributes that go when `wanted` replaces `found`. kept: which ones are not the user's and stay."""
    return [key for key, value in found.items() if value != "" and key not in wanted and not kept(key)]


def change(method: str, wanted: Template, found: Template, kept: Callable[[str], bool] | None) -> Change | None:
    """The call of one.*.update that is needed, or None. kept: None to merge, else as in `surplus`."""
    differs = syntax.differing(wanted, found)
    if kept is None or not surplus(wanted, found, kept):
        # Merging is enough and cannot lose what oned writes in the meantime.
        return Change("update", method, (OWN_ID, syntax.render(differs), _MERGE)) if differs else None
    everything = {**{key: value for key, value in found.items() if kept(key)}, **wanted}
    return Change("update", method, (OWN_ID, syntax.render(everything), _REPLACE))


def after(wanted: Template, found: Template, kept: Callable[[str], bool] | None) -> Template:
    """What oned holds after `change`."""
    gone = set() if kept is None else set(surplus(wanted, found, kept))
    return {**{key: value for key, value in found.items() if key not in gone}, **wanted}
