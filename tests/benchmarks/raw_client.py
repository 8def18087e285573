# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""raw_client.py WAY: registers hosts with xmlrpc.client alone, as a script would that needs no Ansible.

Reads {"url", "session", "phase", "names", "changed", "driver"} as JSON from its standard input.
"""

from __future__ import annotations

import json
import sys
import xmlrpc.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

Call = tuple[str, tuple[Any, ...]]
# way: calls in a request, requests at a time
WAYS = {
    "raw, one by one": (1, 1),
    "raw, 8 at a time": (1, 8),
    "raw, multicall of 100": (100, 1),
    "raw, multicall of 10, 8 at a time": (10, 8),
    "raw, multicall of 50, 4 at a time": (50, 4),
}


def ids(url: str, session: str) -> dict[str, int]:
    """Names and ids of all hosts."""
    document = checked(xmlrpc.client.ServerProxy(url).one.hostpool.info(session))
    return {host.findtext("NAME", ""): int(host.findtext("ID", "-1")) for host in ElementTree.fromstring(document)}


def checked(answer: Any) -> Any:
    if not answer[0]:
        raise SystemExit(f"oned answers: {answer[1]}")
    return answer[1]


def send(url: str, session: str, calls: Sequence[Call], at_once: int) -> None:
    """Make the calls in one request."""
    proxy = xmlrpc.client.ServerProxy(url)
    if at_once == 1:
        ((method, parameters),) = calls
        checked(getattr(proxy, method)(session, *parameters))
        return
    packed = [{"methodName": method, "params": [session, *parameters]} for method, parameters in calls]
    for answer in proxy.system.multicall(packed):  # type: ignore[union-attr]
        checked(answer[0])


def wanted(job: dict[str, Any]) -> list[Call]:
    """The calls of a phase; it looks at the pool only where a script has to."""
    if job["phase"] == "first run":
        return [("one.host.allocate", (name, job["driver"], job["driver"], -1)) for name in job["names"]]
    if not job["names"]:
        return []
    found = ids(job["url"], job["session"])
    if job["phase"] == "all absent":
        return [("one.host.delete", (found[name],)) for name in job["names"] if name in found]
    if job["phase"] == "one changed":
        return [("one.host.update", (found[job["changed"]], 'NOTE="changed"', 1))]
    if not set(job["names"]) <= found.keys():
        raise SystemExit("a host is missing")
    return []


def main() -> None:
    size, at_once = WAYS[sys.argv[1]]
    job = json.load(sys.stdin)
    calls = wanted(job)
    batches = [calls[start : start + size] for start in range(0, len(calls), size)]
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda batch: send(job["url"], job["session"], batch, size), batches))


if __name__ == "__main__":
    main()
