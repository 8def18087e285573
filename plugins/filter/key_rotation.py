# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hypervisors have the new key of the front-end, and which still have the old key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Variables = Mapping[str, Any]
# Variables in which the tasks that write the keys of a hypervisor register their results.
REGISTERED = ("__ssh_trust_added", "__ssh_trust_retired")


def log_ins(stdout: str) -> dict[str, str]:
    """Return name -> why the front-end cannot log in, empty if it can, from the output of accepts-key."""
    found = {}
    for line in stdout.splitlines():
        name, _tab, reason = line.partition("\t")
        found[name] = reason
    return found


def keys_missing(new: str, machines: Iterable[Variables]) -> dict[str, str]:
    """Return name -> why a hypervisor that the front-end knows does not have the new key.

    new: output of accepts-key for the new key. machines: variables of the hypervisors of this run.
    """
    run = {str(hypervisor["inventory_hostname"]): hypervisor for hypervisor in machines}
    return {name: _reason(run.get(name), f"it refuses the new key: {why}") for name, why in log_ins(new).items() if why}


def keys_left(old: str, missing: Mapping[str, str], machines: Iterable[Variables]) -> dict[str, str]:
    """Return name -> why a hypervisor still needs or accepts the old key. Includes those without the new key.

    old: output of accepts-key for the old key.
    """
    run = {str(hypervisor["inventory_hostname"]): hypervisor for hypervisor in machines}
    accepting = [name for name, why in log_ins(old).items() if not why and name not in missing]
    return {**missing, **{name: _reason(run.get(name), "it still accepts the old key") for name in accepting}}


def _reason(hypervisor: Variables | None, seen: str) -> str:
    """The failure on the hypervisor itself if there was one, else what the front-end sees."""
    if hypervisor is None:
        return f"{seen}, and it was not part of this run"
    for registered in REGISTERED:
        result = hypervisor.get(registered, {})
        if result.get("unreachable"):
            return f"it cannot be reached over SSH: {str(result.get('msg', '')).strip()}"
        if result.get("failed"):
            return str(result.get("msg", "")).strip()
    return seen


class FilterModule:
    """Filters about the rotation of keys."""

    def filters(self) -> dict[str, Any]:
        return {"keys_missing": keys_missing, "keys_left": keys_left}
