# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wanted template attributes to the call that stores them."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change
from ansible_collections.kubenebula.opennebula.plugins.module_utils.template import Template

# Arguments of one.*.update.
_REPLACE, _MERGE = 0, 1


def differing(wanted: Template, found: Template) -> Template:
    """Wanted attributes that oned holds otherwise. One it does not have and one that is empty mean the same to it."""
    return {key: value for key, value in wanted.items() if not syntax.same(value, found.get(key) or "")}


def surplus(wanted: Template, found: Template, kept: Callable[[str], bool]) -> list[str]:
    """Attributes that go when `wanted` replaces `found`. kept: which ones are not the user's and stay."""
    return [key for key, value in found.items() if value != "" and key not in wanted and not kept(key)]


def change(method: str, wanted: Template, found: Template, kept: Callable[[str], bool] | None) -> Change | None:
    """The call of one.*.update that is needed, or None. kept: None to merge, else as in `surplus`."""
    differs = differing(wanted, found)
    if kept is None or not surplus(wanted, found, kept):
        # Merging is enough and cannot lose what oned writes in the meantime.
        return Change("update", method, (OWN_ID, syntax.render(differs), _MERGE)) if differs else None
    everything = {**{key: value for key, value in found.items() if kept(key)}, **wanted}
    return Change("update", method, (OWN_ID, syntax.render(everything), _REPLACE))


def after(wanted: Template, found: Template, kept: Callable[[str], bool] | None) -> Template:
    """What oned holds after `change`."""
    gone = set() if kept is None else set(surplus(wanted, found, kept))
    return {**{key: value for key, value in found.items() if key not in gone}, **wanted}
