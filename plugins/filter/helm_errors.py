# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: helm_errors
author: KubeNebula contributors (@kubenebula)
version_added: 0.1.0
short_description: Turn the output of a failed helm command into one sentence
description:
  - If values violate the chart's schema, names each value and its problem.
  - For any other failure, gives the error without log lines and hints.
  - Reads the output of Helm 3 and of Helm 4.
options:
  _input:
    description: Stderr of C(helm template), C(helm install) or C(helm upgrade).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Report which values are wrong
  ansible.builtin.fail:
    msg: "{{ rendered.stderr | kubenebula.opennebula.helm_errors }}"
  # "exposure.type: value must be one of 'NodePort', 'LoadBalancer', 'HostPort'; replicas: got string, want integer"
"""

RETURN = r"""
_value:
  description: One sentence. Empty if the input is empty.
  type: str
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_SCHEMA = re.compile(r"values don't meet the specifications of the schema\(s\)", re.IGNORECASE)
# Helm >= 3.18 writes a JSON pointer, earlier ones a dotted path or (root).
_VIOLATION = re.compile(r"^(?P<indent>\s*)- (?:at '(?P<pointer>[^']*)'|(?P<path>[\w.()\[\]-]+)): ?(?P<problem>.*)$")
_CHART = re.compile(r"^(?P<chart>[A-Za-z0-9][\w.-]*):\s*$")
# Log lines, warnings and hints around the error itself.
_NOISE = re.compile(
    r"^\s*(?:$|(?:time=\S+ )?level=|[IWE]\d{4} \d\d:\d\d|WARNING:|\d{4}/\d\d/\d\d |\S+\.go:\d+: |Use --debug flag)"
)
_ERROR = re.compile(r"^\s*(?:stderr: )?Error: (?:(?:INSTALLATION|UPGRADE|ROLLBACK) FAILED: )?")


@dataclass
class Violation:
    """A line of the report. parts: the lines below it, for the alternatives or members that failed."""

    indent: int
    path: str
    problem: str
    parts: list[Violation] = field(default_factory=list)

    def sentences(self) -> list[str]:
        if not self.parts:
            return [f"{self.path or 'the top level'}: {self.problem}"]
        if self.problem == "validation failed":
            return [entry for part in self.parts for entry in part.sentences()]
        reasons = " or ".join(part.problem for part in self.parts)
        return [f"{self.path or 'the top level'}: {self.problem} ({reasons})"]


def helm_errors(text: Any) -> str:
    """One sentence for the stderr of a failed helm command."""
    output = str(text or "")
    schema = _SCHEMA.search(output)
    return (_violations(output[schema.end() :]) if schema else "") or _last_error(output)


def _violations(text: str) -> str:
    """Every violation as "path: problem", by chart and sorted: Helm itself reports them in random order."""
    charts: dict[str, list[Violation]] = {}
    open_ones: list[Violation] = []
    chart = ""
    for line in text.splitlines():
        header = _CHART.match(line)
        if header:
            chart, open_ones = header["chart"], []
        violation = _violation(line)
        if violation is None:
            continue
        while open_ones and open_ones[-1].indent >= violation.indent:
            open_ones.pop()
        (open_ones[-1].parts if open_ones else charts.setdefault(chart, [])).append(violation)
        open_ones.append(violation)
    reports = []
    for name, violations in charts.items():
        entries = sorted({entry for violation in violations for entry in violation.sentences()})
        reports.append((f"chart {name}: " if len(charts) > 1 else "") + "; ".join(entries))
    return "; ".join(reports)


def _violation(line: str) -> Violation | None:
    match = _VIOLATION.match(line)
    if match is None:
        return None
    problem = match["problem"].strip()
    if match["pointer"] is not None:
        return Violation(len(match["indent"]), _dotted(match["pointer"]), problem)
    return Violation(0, match["path"].replace("(root)", ""), problem.removeprefix(f"{match['path']} "))


def _dotted(pointer: str) -> str:
    """/exposure/ports/0/name -> exposure.ports[0].name"""
    dotted = ""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        dotted += f"[{name}]" if name.isdecimal() else f".{name}"
    return dotted.removeprefix(".")


def _last_error(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if not _NOISE.match(line)]
    starts = [number for number, line in enumerate(lines) if _ERROR.match(line)]
    lines = lines[starts[-1] if starts else -1 :]
    return " ".join(_ERROR.sub("", line).strip() for line in lines)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"helm_errors": helm_errors}
