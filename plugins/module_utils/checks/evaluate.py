# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How checks are evaluated: what they see, what they find, and which checks have to pass before which.

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
    """cause: why it is so, in one sentence. remedy: the command or variable that mends it, where it failed."""

    status: str
    cause: str = ""
    remedy: str = ""


FINE = Finding(OK)


def address(url: str) -> str:
    """HOST:PORT of a URL of HTTP, or nothing where it names none."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 80}" if parts.hostname else ""


def failed(cause: str, remedy: str) -> Finding:
    return Finding(FAILED, cause, remedy)


def not_applicable(cause: str) -> Finding:
    return Finding(NOT_APPLICABLE, cause)


@dataclass(frozen=True)
class Hypervisor:
    """A hypervisor. seen: what the module hypervisor_info returned, nothing where it did not run; problem: why."""

    name: str
    address: str
    type: str
    seen: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Limits:
    """clock: seconds a clock may differ. space: percent of a file system that has to be free. log: seconds that a
    sign in a log counts."""

    clock: float = 5.0
    space: float = 5.0
    log: float = 900.0


@dataclass(frozen=True)
class Site:
    """The front-end and everything about it.

    problem: why the API of the cluster cannot be used. pods and services: their manifests. pod_problems: why pods are
    not ready. pod: name of the one that was looked into. seen: what ``observe site`` in it said; see_problem: why it
    did not. arrived: messages the monitor got, None where that cannot be told. reached: what FireEdge's pod reaches, as
    the image's ``reach`` says, None where there is no such pod.
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
        """What a command to be run in oned's container begins with."""
        return f"{self.kubectl} exec {self.pod} -c oned --"

    @property
    def settings(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.seen.get("settings", {})
        return found

    @property
    def monitor(self) -> str:
        return f"{self.settings['monitor_address']}:{self.settings['monitor_port']}"

    def host(self, name: str) -> Mapping[str, Any] | None:
        """What oned says of a host."""
        hosts: list[Mapping[str, Any]] = self.seen["api"]["hosts"]
        return next((host for host in hosts if host["name"].casefold() == name.casefold()), None)


@dataclass(frozen=True)
class Check:
    """A check of the front-end or of each hypervisor.

    column: of the table it is told in. needs: checks that have to be fine before; those of the front-end are written
    ``front-end NAME``. What fails because of them is not told twice.
    """

    name: str
    column: str
    evaluate: Callable[..., Finding]
    needs: tuple[str, ...] = ()


Row = dict[str, str]
_Found = dict[str, Finding]


def _waits(check: Check, own: _Found, front_end: _Found) -> Finding | None:
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
        waits = _waits(check, found, found if front_end is None else front_end)
        found[check.name] = waits or check.evaluate(*seen)
    return found


def rows(
    site: Site, hypervisors: Iterable[Hypervisor], site_checks: Iterable[Check], hypervisor_checks: Iterable[Check]
) -> list[Row]:
    """A row for each check of the front-end, then for each check of each hypervisor, in the order of the checks."""
    site_checks, hypervisor_checks = list(site_checks), list(hypervisor_checks)

    def told(place: str, checks: list[Check], found: _Found) -> list[Row]:
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
    result = told(FRONT_END, site_checks, front_end)
    for hypervisor in hypervisors:
        result += told(hypervisor.name, hypervisor_checks, _evaluate(hypervisor_checks, front_end, site, hypervisor))
    return result
