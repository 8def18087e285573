# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From desired template attributes to the call that stores them."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import OWN_ID, Change

# Arguments of one.*.update.
_REPLACE, _MERGE = 0, 1


def surplus(desired: Template, observed: Template, kept: Callable[[str], bool]) -> list[str]:
    """Attributes that are removed when `desired` replaces `observed`. kept: whether an attribute stays nevertheless."""
    return [key for key, value in observed.items() if value != "" and key not in desired and not kept(key)]


def change(method: str, desired: Template, observed: Template, kept: Callable[[str], bool] | None) -> Change | None:
    """The call of one.*.update that is needed, or None. kept: None to merge, else as for `surplus`."""
    differs = syntax.differing(desired, observed)
    if kept is None or not surplus(desired, observed, kept):
        # Merging is enough and keeps what oned writes in the meantime.
        return Change("update", method, (OWN_ID, syntax.render(differs), _MERGE)) if differs else None
    everything = {**{key: value for key, value in observed.items() if kept(key)}, **desired}
    return Change("update", method, (OWN_ID, syntax.render(everything), _REPLACE))


def after(desired: Template, observed: Template, kept: Callable[[str], bool] | None) -> Template:
    """What oned holds after `change`."""
    gone = set() if kept is None else set(surplus(desired, observed, kept))
    stays = {key: value for key, value in observed.items() if key not in gone}
    return {**stays, **syntax.differing(desired, observed)}
