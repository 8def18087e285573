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
  - Brings any number of images into the desired state in one call of the module, and waits until they are usable.
  - Reads the image pool once, compares it with the desired state and sends only the differences.
  - If several users own images of the same name, the image of O(api_username) is used.
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
      - The images. Each may be listed once. Names that differ only in case are the same name.
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
          - New name of the image. An image named O(images[].name) is renamed.
            An image that already has the new name stays as it is.
            If neither exists, an image is created under the new name.
        type: str
      datastore:
        description:
          - Name or ID of the datastore of the image. Digits are an ID. Required for a new image.
          - An image cannot be moved. An image that is in another datastore fails.
        type: str
      path:
        description:
          - File on the front-end, or URL, that a new image is created from. The front-end reads files only from the
            datastore's C(SAFE_DIRS). Ignored for an existing image.
        type: str
      size:
        description:
          - Size of a new, empty image in MiB. Ignored for an existing image.
        type: int
      format:
        description:
          - Format of a new, empty image, such as V(raw) or V(qcow2).
        type: str
      type:
        description:
          - Type of the image. If left out, a new image is of type V(os).
        type: str
        choices: [os, cdrom, datablock, kernel, ramdisk, context]
      persistent:
        description:
          - Whether the changes that a virtual machine makes to the image are kept.
        type: bool
      template:
        description:
          - Attributes of the image. A value is text, a number, a boolean (stored as V(YES) or V(NO)), a
            dictionary (a vector), or a list of these (an attribute that occurs several times).
          - An empty value means the same as a missing attribute.
        type: dict
  wait:
    description:
      - Whether to wait until new images are V(READY) and removed images are gone. An image that ends up in C(ERROR)
        fails with OpenNebula's reason.
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
- name: Declare an image to start from, and an empty disk
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
  returned: when OpenNebula could be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      returned: always
      sample: debian12
    id:
      description: ID of the image. Null if the image does not exist.
      type: int
      returned: always
      sample: 100
    state:
      description: >-
        State as last read, as OpenNebula names it, or V(ABSENT). In check mode, the state before the run.
        Null when the image was created but could not be read afterwards.
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
        - Any of V(allocate), V(rename), V(update), V(type), V(persistent), V(delete).
      type: list
      elements: str
      returned: always
      sample: [allocate]
    failed:
      description: Whether the image is not in the desired state.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the image is not in the desired state. Empty if it is.
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
