# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The variables of a role, as Ansible computes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar


def variable(role: Path, name: str, given: dict[str, Any]) -> Any:
    """Return a variable of the role. given: what the play has besides its defaults and vars."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for folder in ("defaults", "vars"):
        variables |= loader.load_from_file(str(role / folder / "main.yml"), trusted_as_template=True)
    variables |= given
    return Templar(loader, variables=variables).template(variables[name])
