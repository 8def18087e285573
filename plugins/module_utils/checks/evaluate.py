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
    """A hypervisor. seen: what the module hypervisor_info returned, or empty; problem: why it did not run."""

    name: str
    address: str
    type: str
    seen: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Limits:
    """clock: seconds a clock may differ. space: percent of a file system that has to be free. log: age in seconds up
    to which a warning sign in a log counts."""

    clock: float = 5.0
    space: float = 5.0
    log: float = 900.0


@dataclass(frozen=True)
class Site:
    """The observed state of the front-end.

    problem: why the API of the cluster cannot be used. pods and services: their manifests. pod_problems: why pods are
    not ready. pod: name of the pod in which commands were run. seen: output of ``observe site`` in that pod;
    see_problem: why there is none. arrived: messages that the monitor received, None if unknown. reached: output of
    ``reach`` in FireEdge's pod, None if there is no such pod.
    """

    namespace: str
    release: str
    problem: str = ""
    pods: tuple[Mapping[str, Any], ...] = ()
    services: tuple[Mapping[str, Any], ...] = ()
    pod_problems: tuple[str, ...] = ()
    pod: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    see_problem: str = ""
    arrived: frozenset[str] | None = None
    reached: Mapping[str, str] | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def kubectl(self) -> str:
        return f"kubectl -n {self.namespace}"

    @property
    def inside(self) -> str:
        """The prefix of commands to be run in oned's container."""
        return f"{self.kubectl} exec {self.pod} -c oned --"

    @property
    def settings(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.seen.get("settings", {})
        return found

    @property
    def monitor(self) -> str:
        return f"{self.settings['monitor_address']}:{self.settings['monitor_port']}"

    def host(self, name: str) -> Mapping[str, Any] | None:
        """A host as oned lists it."""
        hosts: list[Mapping[str, Any]] = self.seen["api"]["hosts"]
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


def _evaluate(checks: Iterable[Check], front_end: _Found | None, *seen: Any) -> _Found:
    found: _Found = {}
    for check in checks:
        blocked = _blocked(check, found, found if front_end is None else front_end)
        found[check.name] = blocked or check.evaluate(*seen)
    return found


def rows(
    site: Site, hypervisors: Iterable[Hypervisor], site_checks: Iterable[Check], hypervisor_checks: Iterable[Check]
) -> list[Row]:
    """A row for each check of the front-end, then for each check of each hypervisor, in the order of the checks."""
    site_checks, hypervisor_checks = list(site_checks), list(hypervisor_checks)

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

    front_end = _evaluate(site_checks, None, site)
    result = to_rows(FRONT_END, site_checks, front_end)
    for hypervisor in hypervisors:
        result += to_rows(hypervisor.name, hypervisor_checks, _evaluate(hypervisor_checks, front_end, site, hypervisor))
    return result
