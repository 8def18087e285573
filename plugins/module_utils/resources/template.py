# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of virtual machines."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.observed import Desired, Observed, View
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call


class VmTemplates(Declared):
    kind_name = "template"
    method_prefix = "one.template"
    list_call = Call("one.templatepool.info", (-2, -1, -1))
    pool_element = "VMTEMPLATE"
    # Whether to delete its images too.
    delete_arguments = (False,)
    # Whether to include the attributes of its images.
    info_arguments = (False,)

    def view(self, element: xml.Element) -> View:
        return {"registered": xml.number(element, "REGTIME"), "template": xml.template(element)}

    def allocation(self, desired: Desired, observed: Observed) -> tuple[tuple[Any, ...], View]:
        text = syntax.render({"NAME": desired["final_name"], **desired["attributes"]})
        return (text,), {"template": dict(desired["attributes"])}
