#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_user
short_description: Declare OpenNebula users
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of users into the desired state in one call of the module.
  - Reads the user pool once, compares it with the desired state and sends only the differences.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  users:
    description:
      - The users. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the user. The name cannot be changed later.
        type: str
        required: true
      password:
        description:
          - Password. For drivers other than V(core), what the driver identifies the user by, such as the distinguished
            name of a certificate without its blanks.
          - Required for a new user with the driver V(core), and with other drivers unless C(PASSWORD_REQUIRED) of the
            driver is V(NO) in C(oned.conf), as it is for V(ldap).
          - The module compares it with the digest that OpenNebula stores, so giving it again changes nothing.
        type: str
      update_password:
        description:
          - V(always) - a password that differs is changed. V(on_create) - the password is set for new users only.
        type: str
        choices: [always, on_create]
        default: always
      auth_driver:
        description:
          - How the user is authenticated, such as V(core), V(ldap), V(ssh) or V(x509). A new user gets V(core).
        type: str
      groups:
        description:
          - Names or IDs of the groups the user belongs to, exactly these. The first is the primary one.
          - Digits are an ID.
          - If left out, a new user joins V(users), and an existing user stays in the same groups.
        type: list
        elements: str
      enabled:
        description:
          - Whether the user may log in.
        type: bool
      template:
        description:
          - Attributes of the user. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty text means the same as a missing attribute. A vector holds at least one value.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_user_info
"""

EXAMPLES = r"""
- name: Declare two users
  kubenebula.opennebula.one_user:
    api_password: "{{ oneadmin_password }}"
    users:
      - name: alice
        password: "{{ alice_password }}"
        groups: [developers, users]
      - name: bob
        auth_driver: ldap
"""

RETURN = r"""
results:
  description: One entry per user of O(users), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: alice
    id:
      description: ID of the user. Null if the user does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(PRESENT) or V(ABSENT). In check mode, the state before the run.
        Null when the user was created but could not be read afterwards.
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
        - Any of V(allocate), V(update), V(auth_driver), V(password), V(enable), V(disable), V(groups), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the user is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the user is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.user import Users


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {
        "password": {"type": "str", "no_log": True},
        "update_password": {
            "type": "str",
            "choices": ["always", "on_create"],
            "default": "always",
            "no_log": False,
        },
        "auth_driver": {"type": "str"},
        "groups": {"type": "list", "elements": "str"},
        "enabled": {"type": "bool"},
        **options.TEMPLATE,
    }
    return {**options.declared_spec("users", item), **options.PLANNED}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Users, "users")


if __name__ == "__main__":
    main()
