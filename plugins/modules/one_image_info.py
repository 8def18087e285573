#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_image_info
short_description: List OpenNebula images
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Lists the images of OpenNebula with one read of their pool.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.info
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.info_module
  - kubenebula.opennebula.attributes.actiongroup_oned
options: {}
seealso:
  - module: kubenebula.opennebula.one_image
"""

EXAMPLES = r"""
- name: List every image
  kubenebula.opennebula.one_image_info:
    api_password: "{{ oneadmin_password }}"
  register: found

- name: List the images whose names begin with test
  kubenebula.opennebula.one_image_info:
    api_password: "{{ oneadmin_password }}"
    names: ["~^test"]
"""

RETURN = r"""
images:
  description: The images, by ID. A name or ID that does not exist is not listed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the image.
      type: int
      returned: always
      sample: 100
    name:
      description: Name of the image.
      type: str
      returned: always
      sample: debian12
    owner:
      description: Name of the user who owns it.
      type: str
      returned: always
      sample: oneadmin
    type:
      description: Type of the image.
      type: str
      returned: always
      sample: os
    persistent:
      description: Whether the changes that a virtual machine makes are kept.
      type: bool
      returned: always
      sample: false
    state:
      description: State as OpenNebula names it.
      type: str
      returned: always
      sample: READY
    size_mb:
      description: Size in MiB.
      type: int
      returned: always
      sample: 2048
    format:
      description: Format of the file.
      type: str
      returned: always
      sample: qcow2
    path:
      description: File or URL that it was created from.
      type: str
      returned: always
      sample: /var/tmp/debian12.qcow2
    datastore:
      description: Name of its datastore.
      type: str
      returned: always
      sample: default
    datastore_id:
      description: ID of its datastore.
      type: int
      returned: always
      sample: 1
    running_vms:
      description: How many virtual machines use it.
      type: int
      returned: always
      sample: 0
    vms:
      description: IDs of these virtual machines.
      type: list
      elements: int
      returned: always
      sample: []
    template:
      description: Its attributes, without those that hold secrets.
      type: dict
      returned: always
      sample: {"NOTE": "rack 7"}
"""

from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options, redaction
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible.listing import listing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.image import Images


def main() -> None:
    module = redaction.module(options.info_spec())
    listing(module, Images, "images")


if __name__ == "__main__":
    main()
