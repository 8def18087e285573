# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: helm_errors
author: KubeNebula contributors (@kubenebula)
version_added: 0.1.0
short_description: Turn what a failed helm command wrote into one sentence
description:
  - For values that break the chart's schema, names each value and what is wrong with it.
  - For any other failure, gives the error without log lines and hints.
  - Reads the output of Helm 3 and of Helm 4.
options:
  _input:
    description: What C(helm template), C(helm install) or C(helm upgrade) wrote to stderr.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say which values are wrong
  ansible.builtin.fail:
    msg: "{{ rendered.stderr | kubenebula.opennebula.helm_errors }}"
  # "The values do not fit the chart opennebula: exposure.type: value must be one of 'NodePort', 'LoadBalancer', 'HostPort'."
"""

RETURN = r"""
_value:
  description: One sentence; empty if the input is empty.
  type: str
"""

import re
from collections.abc import Callable
from typing import Any

_SCHEMA = re.compile(r"values don't meet the specifications of the schema\(s\) in the following chart\(s\):", re.IGNORECASE)
# Helm >= 3.18 writes a JSON pointer, earlier ones a dotted path or (root).
_VIOLATION = re.compile(r"^(?P<indent>\s*)- (?:at '(?P<pointer>[^']*)'|(?P<path>[\w.()\[\]-]+)): ?(?P<problem>.*)$")
_CHART = re.compile(r"^(?P<chart>[A-Za-z0-9][\w.-]*):\s*$")
# Several of a kind below this line are alternatives, of which each is told.
_NOISE = re.compile(
    r"^\s*(?:$|(?:time=\S+ )?level=|[IWE]\d{4} \d\d:\d\d|WARNING:|\S+\.go:\d+: |helm\.go:|Use --debug flag|Error: plugin|To learn more)"
)
_ERROR = re.compile(r"^\s*Error: (?:(?:INSTALLATION|UPGRADE|ROLLBACK) FAILED: )?")


def helm_errors(text: Any) -> str:
    """One sentence for the stderr of a failed helm command."""
    output = str(text or "")
    schema = _SCHEMA.search(output)
    if schema:
        told = _violations(output[schema.end() :])
        if told:
            return told
    return _last_error(output)


def _violations(text: str) -> str:
    charts: dict[str, list[str]] = {}
    chart = ""
    for line in text.splitlines():
        header = _CHART.match(line)
        if header:
            chart = header["chart"]
            continue
        violation = _VIOLATION.match(line)
        if violation is None:
            continue
        path = _dotted(violation["pointer"]) if violation["pointer"] is not None else violation["path"].replace("(root)", "")
        problem = violation["problem"].removeprefix(f"{violation['path']} ").strip()
        entry = f"{path or 'the top level'}: {problem}"
        if entry not in charts.setdefault(chart, []):
            charts[chart].append(entry)
    return " ".join(
        f"The values do not fit the chart{' ' + name if name else ''}: {'; '.join(entries)}." for name, entries in charts.items()
    )


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
    if starts:
        lines = lines[starts[-1] :]
    else:
        lines = lines[-1:]
    return " ".join(_ERROR.sub("", line).strip() for line in lines)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"helm_errors": helm_errors}
