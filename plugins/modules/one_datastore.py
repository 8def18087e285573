#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_datastore
short_description: Declare OpenNebula datastores
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of datastores into the desired state in one call of the module.
  - Reads the datastore pool once, compares it with the desired state and sends only the differences.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  datastores:
    description:
      - The datastores. Each may be listed once. Names that differ only in case are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the datastore.
        type: str
        required: true
      new_name:
        description:
          - New name of the datastore. A datastore named O(datastores[].name) is renamed.
            A datastore that already has the new name stays as it is.
            If neither exists, a datastore is created under the new name.
        type: str
      type:
        description:
          - What the datastore holds. The type cannot be changed. A datastore that has another type fails.
          - If left out, a new datastore is of type V(image).
        type: str
        choices: [image, system, file, backup]
      ds_mad:
        description:
          - Datastore driver, such as V(fs) or V(ceph). Required for a new datastore, unless it is a system datastore.
        type: str
      tm_mad:
        description:
          - Transfer driver, such as V(ssh), V(shared) or V(ceph). Required for a new datastore.
        type: str
      clusters:
        description:
          - Names or IDs of the clusters of the datastore, exactly these. Digits are an ID.
          - If left out, a new datastore joins the default cluster, and an existing one stays in its clusters.
        type: list
        elements: str
      template:
        description:
          - Attributes of the datastore. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty text means the same as a missing attribute. A vector holds at least one value.
        type: dict
seealso:
  - module: kubenebula.opennebula.one_datastore_info
"""

EXAMPLES = r"""
- name: Declare a pair of datastores on shared storage
  kubenebula.opennebula.one_datastore:
    api_password: "{{ oneadmin_password }}"
    datastores:
      - name: nfs_images
        type: image
        ds_mad: fs
        tm_mad: shared
        clusters: [default, edge]
      - name: nfs_system
        type: system
        tm_mad: shared
        template:
          LIMIT_MB: 102400
"""

RETURN = r"""
results:
  description: One entry per datastore of O(datastores), in the same order.
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: nfs_images
    id:
      description: ID of the datastore. Null if the datastore does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        V(READY), V(DISABLED) or V(ABSENT). In check mode, the state before the run.
        Null when the datastore was created but could not be read afterwards.
      type: str
      returned: always
      sample: READY
    changed:
      description: Whether anything was changed. In check mode, whether anything would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done. In check mode, what would be done.
        - Any of V(allocate), V(rename), V(update), V(clusters), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the datastore is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the datastore is not in the desired state. Empty if it is.
      type: str
      returned: always
      sample: ""
"""

from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.declare import declare
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {
        **options.NEW_NAME,
        "type": {"type": "str", "choices": ["image", "system", "file", "backup"]},
        "ds_mad": {"type": "str"},
        "tm_mad": {"type": "str"},
        **options.CLUSTERS,
        **options.TEMPLATE,
    }
    return {**options.declared_spec("datastores", item), **options.PLANNED}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Datastores, "datastores")


if __name__ == "__main__":
    main()
