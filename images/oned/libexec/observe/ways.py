# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Names and SSH, from here to the hypervisors, from them back to here and among them, as the drivers use them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from typing import Any

# each hypervisor tries the next ones of its cluster, in the order of their names, and the last one the first ones
PEERS = 2
# states of a host (include/Host.h): ERROR, MONITORING_ERROR, OFFLINE
DOWN = (3, 5, 8)
SSH = [
    "/usr/bin/ssh",
    *("-o", "BatchMode=yes"),
    *("-o", "StrictHostKeyChecking=yes"),
    *("-o", "ConnectTimeout=5"),
    *("-o", "ServerAliveInterval=5"),
    *("-o", "LogLevel=ERROR"),
]
# A shared connection forwards what its first user wanted; the drivers forward over one of their own.
FORWARD = ["-o", "ForwardAgent=yes", "-o", "ControlMaster=no", "-o", "ControlPath=none"]
TIMEOUT = 25.0
# Runs on the hypervisor. Each line is one short write, so those of parallel hops do not mix.
THERE = """
options='-o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=5 -o LogLevel=ERROR'
printf 'time %s\\n' "$(date +%s.%N)"
printf 'agent %s\\n' "${SSH_AUTH_SOCK:+forwarded}"
for target in "$@"; do
  ( said=$(ssh $options "$target" true 2>&1 </dev/null)
    printf 'hop %s %s %s\\n' "$target" "$?" "$(printf %s "$said" | tr '\\r\\n' '  ' | cut -c 1-400)" ) &
done
wait
"""


def peers(hosts: list[dict[str, Any]], names: list[str]) -> dict[str, list[str]]:
    """For each name, the hypervisors it has to reach. hosts: all of oned's; those that are down are nobody's peers."""
    clusters = {host["name"]: host["cluster"] for host in hosts}
    up = sorted(host["name"] for host in hosts if host["state"] not in DOWN)
    found = {}
    for name in names:
        mates = [peer for peer in up if clusters[peer] == clusters.get(name) and peer != name]
        found[name] = ([peer for peer in mates if peer > name] + [peer for peer in mates if peer < name])[:PEERS]
    return found


def resolve(name: str) -> dict[str, Any]:
    """The addresses of a name, or why it has none."""
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return {"addresses": [], "problem": error.strerror or str(error)}
    return {"addresses": sorted({str(entry[4][0]) for entry in entries}), "problem": ""}


def log_in(name: str, targets: list[str]) -> dict[str, Any]:
    """Log in to a hypervisor and from there to the targets.

    code and said: of ssh itself, 0 where the log-in worked. agent: whether it was forwarded. skew: see there, None
    where it was not read. hops: target -> code and said.
    """
    found: dict[str, Any] = {"hops": {}, "agent": False, "skew": None}
    before = time.time()
    command = [*SSH, *FORWARD, name, "sh", "-s", *targets]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        limit = threading.Timer(TIMEOUT, process.kill)
        limit.start()
        # ssh that cannot log in does not read; its exit code tells
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(THERE)
            process.stdin.close()
        for line in process.stdout:
            kind, _space, text = line.strip().partition(" ")
            if kind == "time":
                found["skew"] = skew(float(text), before, time.time())
            elif kind == "agent":
                found["agent"] = text == "forwarded"
            elif kind == "hop":
                target, code, told = (*text.split(" ", 2), "")[:3]
                found["hops"][target] = {"code": int(code), "said": told.strip()}
        said = process.stderr.read()
        process.wait()
        late = not limit.is_alive()
        limit.cancel()
    if late:
        said += f"no answer within {TIMEOUT:g} s"
    return {**found, "code": process.returncode, "said": " ".join(said.split())}


def skew(there: float, before: float, after: float) -> float:
    """How many seconds a clock is ahead of ours (negative: behind) at least, if read between two moments of ours."""
    return there - after if there > after else min(there - before, 0.0)
