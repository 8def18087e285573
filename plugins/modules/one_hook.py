#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_hook
short_description: Declare OpenNebula hooks
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of hooks into a wanted state with one call of the module.
  - Reads the hook pool once, works out what differs and sends only that.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  hooks:
    description:
      - The hooks. Each may be listed once; names that differ in capitals only are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the hook.
        type: str
        required: true
      new_name:
        description:
          - Name the hook shall have. A hook called O(hooks[].name) is renamed; one that is
            called like this already stays
            as it is; if there is neither, it is made under this name.
        type: str
      type:
        description:
          - What calls it, a call of the API or a change of state. A new hook needs it.
          - It cannot be changed; a hook that has another type fails.
        type: str
        choices: [api, state]
      command:
        description:
          - Command to run, relative to the directory of hooks unless it begins with V(/). A new hook needs it.
        type: str
      template:
        description:
          - Attributes of the hook. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value and a missing attribute count as the same.
          - A hook of type V(api) needs C(CALL), one of type V(state) C(RESOURCE) and a state.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_hook_info
"""

EXAMPLES = r"""
- name: Tell somebody when a host fails
  kubenebula.opennebula.one_hook:
    api_password: "{{ oneadmin_password }}"
    hooks:
      - name: host_error
        type: state
        command: notify.sh
        template:
          RESOURCE: HOST
          STATE: ERROR
          ARGUMENTS: $TEMPLATE
"""

RETURN = r"""
results:
  description: One entry per hook of O(hooks), in the same order.
  returned: when OpenNebula could be asked
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: host_error
    id:
      description: ID of the hook; null for one that does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode the state before.
        Null when it was made but could not be looked at afterwards.
      type: str
      returned: always
      sample: PRESENT
    changed:
      description: Whether anything was changed, in check mode whether it would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done, in check mode what would be done. Of V(allocate), V(rename), V(update), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the hook is not as wanted.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why it is not; empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.hook import Hooks


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {
        **options.NEW_NAME,
        "type": {"type": "str", "choices": ["api", "state"]},
        "command": {"type": "str"},
        **options.TEMPLATE,
    }
    return options.declared_spec("hooks", item)


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Hooks, "hooks")


if __name__ == "__main__":
    main()
