# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of virtual machines."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call
from ansible_collections.kubenebula.opennebula.plugins.module_utils.things import View, Wish, World


class VmTemplates(Declared):
    word = "template"
    methods = "one.template"
    listing = Call("one.templatepool.info", (-2, -1, -1))
    tag = "VMTEMPLATE"
    # Whether the images in it go as well.
    delete_arguments = (False,)
    # Whether to show what its images say.
    info_arguments = (False,)

    def view(self, element: xml.Element) -> View:
        return {"registered": xml.number(element, "REGTIME"), "template": xml.template(element)}

    def birth(self, wish: Wish, world: World) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": wish["called"], **wish["attributes"]})
        return (text,), {"template": dict(wish["attributes"])}
