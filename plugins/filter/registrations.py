# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables of hypervisors to the option ``hosts`` of the module one_host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def registrations(hosts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the option ``hosts`` of the module one_host. A variable left out is an option left out."""
    options = {option: f"hypervisor_{option}" for option in ("type", "cluster", "labels", "template")}
    return [
        {
            "name": hostvars["inventory_hostname"],
            **{option: hostvars[variable] for option, variable in options.items() if variable in hostvars},
        }
        for hostvars in hosts
    ]


class FilterModule:
    """Filter ``registrations``."""

    def filters(self) -> dict[str, Any]:
        return {"registrations": registrations}
