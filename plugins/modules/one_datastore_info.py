#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_datastore_info
short_description: List OpenNebula datastores
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the datastores of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.info.clusters
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_datastore
"""

EXAMPLES = r"""
- name: List every datastore
  kubenebula.opennebula.one_datastore_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the datastores whose names begin with test
  kubenebula.opennebula.one_datastore_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
datastores:
  description: The datastores, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the datastore.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the datastore.
      type: str
      returned: always
      sample: default
    owner:
      description: Name of the user who owns it.
      type: str
      returned: always
      sample: oneadmin
    type:
      description: V(image), V(system), V(file) or V(backup).
      type: str
      returned: always
      sample: image
    ds_mad:
      description: Datastore driver.
      type: str
      returned: always
      sample: fs
    tm_mad:
      description: Transfer driver.
      type: str
      returned: always
      sample: ssh
    state:
      description: V(READY) or V(DISABLED).
      type: str
      returned: always
      sample: READY
    total_mb:
      description: Size in MiB. 0 until OpenNebula has monitored the datastore.
      type: int
      returned: always
      sample: 258020
    free_mb:
      description: Free space in MiB.
      type: int
      returned: always
      sample: 71021
    used_mb:
      description: Used space in MiB.
      type: int
      returned: always
      sample: 22241
    images:
      description: IDs of its images.
      type: list
      elements: int
      returned: always
      sample: [4]
    clusters:
      description: IDs of its clusters.
      type: list
      elements: int
      returned: always
      sample: [0]
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores


def main() -> None:
    module = redaction.module({**options.info_spec(), **options.CLUSTERS})
    listing(module, Datastores, "datastores")


if __name__ == "__main__":
    main()
