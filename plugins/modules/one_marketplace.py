#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_marketplace
short_description: Declare OpenNebula marketplaces
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of marketplaces into the desired state in one call of the module.
  - Reads the pool of marketplaces once, compares it with the desired state and sends only the differences.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  marketplaces:
    description:
      - The marketplaces. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the marketplace.
        type: str
        required: true
      new_name:
        description:
          - New name of the marketplace. A marketplace named O(marketplaces[].name) is renamed.
            A marketplace that already has the new name stays as it is.
            If neither exists, a marketplace is created under the new name.
        type: str
      market_mad:
        description:
          - Driver, such as V(one), V(http), V(s3) or V(linuxcontainers). Required for a new
            marketplace.
        type: str
      enabled:
        description:
          - Whether OpenNebula reads the apps of the marketplace.
        type: bool
      template:
        description:
          - Attributes of the marketplace. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value means the same as a missing attribute.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_marketplace_info
"""

EXAMPLES = r"""
- name: Disable the marketplaces on the internet
  kubenebula.opennebula.one_marketplace:
    api_password: "{{ oneadmin_password }}"
    marketplaces:
      - name: OpenNebula Public
        enabled: false
      - name: Linux Containers
        enabled: false

- name: Declare a marketplace of your own
  kubenebula.opennebula.one_marketplace:
    api_password: "{{ oneadmin_password }}"
    marketplaces:
      - name: ours
        market_mad: http
        template:
          BASE_URL: http://market.example.org/
          PUBLIC_DIR: /var/www/market
"""

RETURN = r"""
results:
  description: One entry per marketplace of O(marketplaces), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: ours
    id:
      description: ID of the marketplace. Null if the marketplace does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(ENABLED), V(DISABLED) or V(ABSENT). In check mode, the state before the run.
        Null when the marketplace was created but could not be read afterwards.
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
        - Any of V(allocate), V(rename), V(update), V(enable), V(disable), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the marketplace is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the marketplace is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.marketplace import Marketplaces


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {**options.NEW_NAME, "market_mad": {"type": "str"}, "enabled": {"type": "bool"}, **options.TEMPLATE}
    return options.declared_spec("marketplaces", item)


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Marketplaces, "marketplaces")


if __name__ == "__main__":
    main()
