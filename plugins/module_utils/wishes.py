# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a user declares of an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.kind import Kind


def normalized(kind: Kind, item: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of a module's list: names stripped, template and what stands for its attributes in `attributes`.

    Raises TemplateError, naming object and attribute.
    """
    name = str(item["name"]).strip()
    new_name = item.get("new_name")
    called = name if new_name is None else str(new_name).strip()
    wish = {**item, "name": name, "called": called}
    owner = f"{kind.word} {name}"
    for option in kind.naming:
        if wish.get(option) is not None:
            wish[option] = [str(entry).strip() for entry in wish[option]]
    try:
        wanted = syntax.normalize(wish.get("template") or {})
        folded = {key: wish[option] for option, key in kind.folded.items() if wish.get(option) is not None}
        both = [key for key in wanted if key in folded]
        for key in wanted:
            if key in kind.refused or key == "NAME":
                raise syntax.TemplateError(f"{key} cannot be set here: {kind.refused.get(key, 'use name')}")
        if both:
            raise syntax.TemplateError(f"{both[0]} is given twice: as an option and in the template")
        wish["attributes"] = {**wanted, **syntax.normalize(folded)}
    except syntax.TemplateError as error:
        raise syntax.TemplateError(f"{owner}: template: {error}") from error
    return wish
