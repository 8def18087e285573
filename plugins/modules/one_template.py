#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_template
short_description: Declare OpenNebula templates of virtual machines
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of templates into the desired state in one call of the module.
  - Reads the template pool once, compares it with the desired state and sends only the differences.
  - If several users own templates of the same name, the template of O(api_username) is used.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  templates:
    description:
      - The templates. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the template.
        type: str
        required: true
      new_name:
        description:
          - New name of the template. A template named O(templates[].name) is renamed.
            A template that already has the new name stays as it is.
            If neither exists, a template is created under the new name.
        type: str
      template:
        description:
          - Attributes of the template. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty text means the same as a missing attribute. A vector holds at least one value.
          - Quote MAC addresses. Without quotes, YAML reads some of them as numbers.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_template_info
"""

EXAMPLES = r"""
- name: Declare a template of a small virtual machine
  kubenebula.opennebula.one_template:
    api_password: "{{ oneadmin_password }}"
    templates:
      - name: small
        template:
          CPU: 0.5
          VCPU: 1
          MEMORY: 512
          DISK:
            IMAGE: debian12
          NIC:
            - NETWORK: public
            - NETWORK: storage
              MAC: "52:54:00:12:34:56"
          GRAPHICS:
            TYPE: VNC
            LISTEN: 0.0.0.0
"""

RETURN = r"""
results:
  description: One entry per template of O(templates), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: small
    id:
      description: ID of the template. Null if the template does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the template was created but could not be read afterwards.
      type: str
      returned: always
      sample: PRESENT
    changed:
      description: Whether anything was changed. In check mode, whether anything would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done. In check mode, what would be done.
        - Any of V(allocate), V(rename), V(update), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the template is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the template is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {**options.NEW_NAME, **options.TEMPLATE}
    return options.declared_spec("templates", item)


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, VmTemplates, "templates")


if __name__ == "__main__":
    main()
