# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Print observations of the front-end and of its connections to hypervisors, as one JSON object. Changes nothing.

observe site NAME,...           settings, programs, objects of oned, and SSH to the named hypervisors and back
observe arrived TOKEN NAME,...  which messages with this token the monitor has received from the named hypervisors
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import connections
import logs
import oned
import pod
import settings

# SSH takes processor time on both sides, so more connections at a time would not be faster.
CONCURRENCY = 16
ARRIVAL_SECONDS = 3.0


def site(names: list[str]) -> dict[str, Any]:
    """Return all observations that need no waiting."""
    found = settings.read()
    api = oned.ask(found["zone"])
    peers = connections.peers(api["hosts"], names)
    with ThreadPoolExecutor(CONCURRENCY) as workers:
        addresses = dict(zip(names, workers.map(connections.resolve, names), strict=True))
        itself = workers.submit(connections.log_in, found["hostname"], [])
        logins = workers.map(lambda name: connections.log_in(name, [found["hostname"], *peers[name]]), names)
        return {
            "token": secrets.token_hex(8),
            "now": time.time(),
            "settings": found,
            "api": api,
            "names": addresses,
            "ssh": dict(zip(names, logins, strict=True)),
            "itself": itself.result(),
            "version": pod.version(),
            "programs": pod.programs(),
            "agent": pod.agent(),
            "space": pod.space([path for path in pod.WRITTEN if path]),
            "datastores": pod.inodes([store["path"] for store in api["datastores"] if store["shared"]]),
            "log": logs.signs(),
        }


def arrived(token: str, names: list[str]) -> dict[str, Any]:
    """Wait some seconds for the messages of all named hypervisors; return those that have arrived."""
    end = time.monotonic() + ARRIVAL_SECONDS
    expected = {f"{name} {way}" for name in names for way in ("tcp", "udp")}
    while True:
        found = logs.received(token)
        if found is None or expected <= found or time.monotonic() > end:
            return {"arrived": None if found is None else sorted(found)}
        time.sleep(0.2)


def split(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["site"] and len(arguments) == 2:
        found = site(split(arguments[1]))
    elif arguments[:1] == ["arrived"] and len(arguments) == 3:
        found = arrived(arguments[1], split(arguments[2]))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
