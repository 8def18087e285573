# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state of an object, from what the user declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.kind import ResourceKind


def normalized(kind: ResourceKind, item: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of a module's list, with names stripped.

    `final_name` is the name after the run. `attributes` holds the template and the options that set attributes of it.
    Raises TemplateError, which names object and attribute.
    """
    name = str(item["name"]).strip()
    new_name = item.get("new_name")
    final_name = name if new_name is None else str(new_name).strip()
    desired = {**item, "name": name, "final_name": final_name}
    owner = f"{kind.kind_name} {name}"
    for option in kind.references:
        if desired.get(option) is not None:
            desired[option] = [str(entry).strip() for entry in desired[option]]
    try:
        given_template = syntax.normalize(desired.get("template") or {})
        given = [option for option in kind.template_options if desired.get(option) is not None]
        from_options = {kind.template_options[option]: desired[option] for option in given}
        both = [key for key in given_template if key in from_options]
        for key in given_template:
            if key in kind.refused_attributes or key == "NAME":
                raise syntax.TemplateError(f"{key} cannot be set here: {kind.refused_attributes.get(key, 'use name')}")
        if both:
            raise syntax.TemplateError(f"{both[0]} is given twice: as an option and in the template")
        attributes = {**given_template, **syntax.normalize(from_options)}
        for key in kind.normal_forms.keys() & attributes.keys():
            value = attributes[key]
            attributes[key] = kind.normal_forms[key](value) if isinstance(value, str) else value
        desired["attributes"] = attributes
    except syntax.TemplateError as error:
        raise syntax.TemplateError(f"{owner}: template: {error}") from error
    return desired
