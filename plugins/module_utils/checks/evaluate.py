# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How checks are evaluated: what they observe, what they find, and which checks each one needs to pass first.

docs/contributing.md lists every place that a new check touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

OK, FAILED, NOT_APPLICABLE, NOT_CHECKED = "ok", "failed", "not applicable", "not checked"
FRONT_END = "front-end"


@dataclass(frozen=True)
class Finding:
    """cause: the reason of the status, in one sentence. remedy: the command or variable that repairs a failure."""

    status: str
    cause: str = ""
    remedy: str = ""


FINE = Finding(OK)


def address(url: str) -> str:
    """HOST:PORT of an HTTP URL. Empty if the URL has no host."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 80}" if parts.hostname else ""


def failed(cause: str, remedy: str) -> Finding:
    return Finding(FAILED, cause, remedy)


def not_applicable(cause: str) -> Finding:
    return Finding(NOT_APPLICABLE, cause)


@dataclass(frozen=True)
class Hypervisor:
    """The observed state of a hypervisor."""

    name: str
    address: str
    type: str
    # What the module hypervisor_info returned, empty if it did not run.
    observed: Mapping[str, Any] = field(default_factory=dict)
    # Why it did not run.
    problem: str = ""


@dataclass(frozen=True)
class Limits:
    # Seconds by which a clock may differ.
    clock: float = 5.0
    # Percent of a file system that has to be free.
    space: float = 5.0
    # Age in seconds up to which a warning sign in a log counts.
    log: float = 900.0


@dataclass(frozen=True)
class FrontEnd:
    """The observed state of the front-end, and the limits for all checks."""

    namespace: str
    release: str
    # Why the API of the cluster cannot be used.
    problem: str = ""
    # Manifests.
    pods: tuple[Mapping[str, Any], ...] = ()
    services: tuple[Mapping[str, Any], ...] = ()
    # Why pods are not ready.
    pod_problems: tuple[str, ...] = ()
    # Name of oned's pod in which commands were run.
    pod: str = ""
    # Output of ``observe site`` in that pod, empty if there is none.
    observed: Mapping[str, Any] = field(default_factory=dict)
    # Why there is none.
    observe_problem: str = ""
    # ``HYPERVISOR WAY`` of the messages that the monitor received, None if unknown.
    arrived: frozenset[str] | None = None
    # Output of ``reach`` in FireEdge's pod: the problem of each target. None if there is no such pod.
    reached: Mapping[str, str] | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def kubectl(self) -> str:
        return f"kubectl -n {self.namespace}"

    @property
    def exec_prefix(self) -> str:
        """The prefix of commands to be run in oned's container."""
        return f"{self.kubectl} exec {self.pod} -c oned --"

    @property
    def settings(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.observed.get("settings", {})
        return found

    @property
    def monitor(self) -> str:
        return f"{self.settings['monitor_address']}:{self.settings['monitor_port']}"

    def host(self, name: str) -> Mapping[str, Any] | None:
        """A host as oned lists it."""
        hosts: list[Mapping[str, Any]] = self.observed["api"]["hosts"]
        return next((host for host in hosts if host["name"].casefold() == name.casefold()), None)


@dataclass(frozen=True)
class Check:
    """A check of the front-end or of each hypervisor.

    column: of the table that shows the result. needs: checks that have to pass first, those of the front-end as
    ``front-end NAME``. Unless all of them pass, this check is not evaluated.
    """

    name: str
    column: str
    evaluate: Callable[..., Finding]
    needs: tuple[str, ...] = ()


Row = dict[str, str]
_Found = dict[str, Finding]


def _blocked(check: Check, own: _Found, front_end: _Found) -> Finding | None:
    for need in check.needs:
        place, _space, name = need.rpartition(" ")
        found = (front_end if place == FRONT_END else own)[name]
        if found.status == NOT_APPLICABLE:
            return not_applicable(found.cause)
        if found.status != OK:
            return Finding(NOT_CHECKED, f"it waits for {need}")
    return None


def _evaluate(checks: Iterable[Check], front_end: _Found | None, *observed: Any) -> _Found:
    found: _Found = {}
    for check in checks:
        blocked = _blocked(check, found, found if front_end is None else front_end)
        found[check.name] = blocked or check.evaluate(*observed)
    return found


def rows(
    front_end: FrontEnd,
    hypervisors: Iterable[Hypervisor],
    front_end_checks: Iterable[Check],
    hypervisor_checks: Iterable[Check],
) -> list[Row]:
    """A row for each check of the front-end, then for each check of each hypervisor, in the order of the checks."""
    front_end_checks, hypervisor_checks = list(front_end_checks), list(hypervisor_checks)

    def to_rows(place: str, checks: list[Check], found: _Found) -> list[Row]:
        return [
            {
                "host": place,
                "check": check.name,
                "column": check.column,
                "status": found[check.name].status,
                "cause": found[check.name].cause,
                "remedy": found[check.name].remedy,
            }
            for check in checks
        ]

    found = _evaluate(front_end_checks, None, front_end)
    result = to_rows(FRONT_END, front_end_checks, found)
    for hypervisor in hypervisors:
        result += to_rows(
            hypervisor.name, hypervisor_checks, _evaluate(hypervisor_checks, found, front_end, hypervisor)
        )
    return result
