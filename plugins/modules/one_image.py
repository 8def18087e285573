#!/usr/bin/python
# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: one_image
short_description: Declare OpenNebula images
version_added: 0.1.0
author:
  - KubeNebula contributors (@kubenebula)
description:
  - Brings any number of images into a wanted state with one call of the module, and waits until they are usable.
  - Reads the image pool once, works out what differs and sends only that.
  - An image of the user O(api_username) goes before one of the same name that belongs to somebody else.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.planned
  - kubenebula.opennebula.declared
  - kubenebula.opennebula.declared.template
  - kubenebula.opennebula.attributes
  - kubenebula.opennebula.attributes.actiongroup_oned
options:
  images:
    description:
      - The images. Each may be listed once; names that differ in capitals only are the same name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the image.
        type: str
        required: true
      new_name:
        description:
          - Name the image shall have. An image called O(images[].name) is renamed; one that is
            called like this already stays
            as it is; if there is neither, it is made under this name.
        type: str
      datastore:
        description:
          - Name or ID of its datastore. Digits are an ID. A new image needs it.
          - An image cannot be moved; one that lies in another datastore fails.
        type: str
      path:
        description:
          - File on the front-end, or address, that a new image is made from. The front-end reads files only from the
            datastore's C(SAFE_DIRS). Not compared with what an existing image was made from.
        type: str
      size:
        description:
          - Size of a new, empty image in MiB. Not compared with the size of an existing image.
        type: int
      format:
        description:
          - Format of a new, empty image, such as V(raw) or V(qcow2).
        type: str
      type:
        description:
          - What it is. A new image is of type V(os) if nothing is given.
        type: str
        choices: [os, cdrom, datablock, kernel, ramdisk, context]
      persistent:
        description:
          - Whether a virtual machine's changes to it last.
        type: bool
      template:
        description:
          - Attributes of the image. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value and a missing attribute count as the same.
        type: dict
  wait:
    description:
      - Whether to wait until new images are V(READY) and removed ones are gone. One that ends in C(ERROR) fails with
        OpenNebula's reason.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for all images together.
    type: int
    default: 300
seealso:
  - module: kubenebula.opennebula.one_image_info
"""

EXAMPLES = r"""
- name: An image to start from, and an empty disk
  kubenebula.opennebula.one_image:
    api_password: "{{ oneadmin_password }}"
    wait_timeout: 900
    images:
      - name: debian12
        datastore: default
        path: https://images.example.org/debian-12.qcow2
        template:
          DEV_PREFIX: vd
      - name: data
        datastore: default
        type: datablock
        size: 10240
        persistent: true
"""

RETURN = r"""
results:
  description: One entry per image of O(images), in the same order.
  returned: when OpenNebula could be asked
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: debian12
    id:
      description: ID of the image; null for one that does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        State as last seen, in OpenNebula's words, or V(ABSENT). In check mode the state before.
        Null when it was made but could not be looked at afterwards.
      type: str
      returned: always
      sample: READY
    changed:
      description: Whether anything was changed, in check mode whether it would be.
      type: bool
      returned: always
      sample: true
    actions:
      description:
        - What was done, in check mode what would be done. Of V(allocate), V(rename), V(update), V(type),
          V(persistent), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the image is not as wanted.
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
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.image import Images


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, connection included."""
    item = {
        **options.NEW_NAME,
        **{option: {"type": "str"} for option in ("datastore", "path", "format")},
        "size": {"type": "int"},
        "type": {"type": "str", "choices": ["os", "cdrom", "datablock", "kernel", "ramdisk", "context"]},
        "persistent": {"type": "bool"},
        **options.TEMPLATE,
    }
    return {**options.declared_spec("images", item), **options.PLANNED, **options.WAIT}


def main() -> None:
    module = redaction.module(argument_spec())
    declare(module, Images, "images")


if __name__ == "__main__":
    main()
