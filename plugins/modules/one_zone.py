#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_zone
short_description: Declare OpenNebula zones
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of zones of a federation into the desired state in one call of the module.
  - Reads the zone pool once, compares it with the desired state and sends only the differences.
  - OpenNebula creates new zones only at the master of a federation.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  zones:
    description:
      - The zones. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the zone.
        type: str
        required: true
      new_name:
        description:
          - New name of the zone. A zone named O(zones[].name) is renamed.
            A zone that already has the new name stays as it is.
            If neither exists, a zone is created under the new name.
        type: str
      endpoint:
        description:
          - Address of the zone's XML-RPC interface, as other zones and users reach it. Required for a new zone.
        type: str
      template:
        description:
          - Attributes of the zone. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value means the same as a missing attribute.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_zone_info
"""

EXAMPLES = r"""
- name: Set the address under which this zone is reached
  kubenebula.opennebula.one_zone:
    api_password: "{{ oneadmin_password }}"
    zones:
      - name: OpenNebula
        endpoint: http://one.example.org:2633/RPC2
"""

RETURN = r"""
results:
  description: One entry per zone of O(zones), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: OpenNebula
    id:
      description: ID of the zone. Null if the zone does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(ENABLED), V(DISABLED) or V(ABSENT). In check mode, the state before the run.
        Null when the zone was created but could not be read afterwards.
      type: str
      returned: always
      sample: ENABLED
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
      description: Whether the zone is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the zone is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.zone import Zones


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {**options.NEW_NAME, "endpoint": {"type": "str"}, **options.TEMPLATE}
    return options.declared_spec("zones", item)


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Zones, "zones")


if __name__ == "__main__":
    main()
