# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the role registration finds oneadmin's password: its variables, as Ansible computes them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from role_variables import variable

ROLE = Path(__file__).parents[2] / "roles/registration"


def value(name: str, **given: Any) -> Any:
    """Return a variable of the role."""
    return variable(ROLE, name, {"ansible_play_hosts": [], **given})


@pytest.mark.parametrize(
    ("inventory", "name"),
    [
        ({}, "opennebula-oneadmin"),
        ({"control_plane_release": "cloud"}, "cloud-oneadmin"),
        ({"control_plane_values": {"global": {"secrets": {"oneadmin": "mine", "ssh": "keys"}}}}, "mine"),
        ({"control_plane_values": {"global": {"secrets": {"ssh": "keys"}}}}, "opennebula-oneadmin"),
        ({"control_plane_values": {"global": {"secrets": {"oneadmin": ""}}}}, "opennebula-oneadmin"),
        ({"control_plane_values": {"global": {}}}, "opennebula-oneadmin"),
        ({"control_plane_values": {"ingress": {"host": "x"}}}, "opennebula-oneadmin"),
        ({"control_plane_values": None}, "opennebula-oneadmin"),
    ],
)
def test_the_secret_is_the_one_that_the_chart_uses(inventory: dict[str, Any], name: str) -> None:
    assert value("registration_oneadmin_secret", **inventory) == name


def test_a_line_break_at_the_end_is_not_part_of_the_password() -> None:
    data = {"password": base64.b64encode(b"pa:ss\n").decode()}
    found = {"resources": [{"metadata": {"name": "opennebula-oneadmin", "namespace": "opennebula"}, "data": data}]}
    variables = {"__registration_secret": found, "hostvars": {"localhost": {}}}
    assert value("__registration_secret_password", **variables) == "pa:ss"
