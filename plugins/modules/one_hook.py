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
  - Brings any number of hooks into the desired state in one call of the module.
  - Reads the hook pool once, compares it with the desired state and sends only the differences.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  hooks:
    description:
      - The hooks. Each may be listed once. Names that differ only in case are the same name.
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
          - New name of the hook. A hook named O(hooks[].name) is renamed.
            A hook that already has the new name stays as it is.
            If neither exists, a hook is created under the new name.
        type: str
      type:
        description:
          - What triggers the hook, a call of the API or a change of state. Required for a new hook.
          - The type cannot be changed. A hook that has another type fails.
        type: str
        choices: [api, state]
      command:
        description:
          - Command to run, relative to the directory of hooks unless it begins with V(/). Required for a
            new hook.
        type: str
      template:
        description:
          - Attributes of the hook. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty text means the same as a missing attribute. A vector holds at least one value.
          - A hook of type V(api) needs C(CALL). A hook of type V(state) needs C(RESOURCE) and a state.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_hook_info
"""

EXAMPLES = r"""
- name: Run a command when a host fails
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

- name: Run a command when a virtual machine runs
  kubenebula.opennebula.one_hook:
    api_password: "{{ oneadmin_password }}"
    hooks:
      - name: vm_running
        type: state
        command: notify.sh
        template:
          RESOURCE: VM
          # without quotes, YAML reads ON as a boolean
          "ON": RUNNING
"""

RETURN = r"""
results:
  description: One entry per hook of O(hooks), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: host_error
    id:
      description: ID of the hook. Null if the hook does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the hook was created but could not be read afterwards.
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
      description: Whether the hook is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the hook is not in the desired state. Empty if it is.
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
