#!/usr/bin/env python
# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Write the table of variables of each role's README from its argument specs and defaults.

With --check nothing is written, and the exit code says whether a README is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[1] / "roles"
START, END = "<!-- variables -->", "<!-- end of variables -->"


def cell(text: Any) -> str:
    """Return a text as one cell of a Markdown table."""
    joined = " ".join(text) if isinstance(text, list) else str(text)
    for open_mark in ("C(", "V(", "O("):
        while open_mark in joined:
            before, _mark, after = joined.partition(open_mark)
            inner, _mark, rest = after.partition(")")
            joined = f"{before}`{inner}`{rest}"
    return joined.replace("|", "\\|").replace("\n", " ").strip()


def table(role: Path) -> str:
    """Return the table of a role's variables."""
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    rows = ["| variable | type | default | |", "|---|---|---|---|"]
    for name, option in specs["main"].get("options", {}).items():
        default = (
            "required"
            if option.get("required")
            else f"`{cell(defaults[name])}`"
            if defaults.get(name) not in (None, "")
            else ""
        )
        kind = " or ".join(f"`{choice}`" for choice in option["choices"]) if "choices" in option else option["type"]
        rows.append(f"| `{name}` | {kind} | {default} | {cell(option['description'])} |")
    return "\n".join(rows)


def main() -> int:
    outdated = []
    for role in sorted(path.parents[1] for path in ROLES.glob("*/meta/argument_specs.yml")):
        readme = role / "README.md"
        text = readme.read_text()
        before, _mark, rest = text.partition(START)
        _old, _mark, after = rest.partition(END)
        wanted = f"{before}{START}\n{table(role)}\n{END}{after}"
        if text != wanted:
            outdated.append(role.name)
            if "--check" not in sys.argv:
                readme.write_text(wanted)
    if outdated and "--check" in sys.argv:
        print(f"the READMEs of {', '.join(outdated)} are out of date: run .ci/role_readmes.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
