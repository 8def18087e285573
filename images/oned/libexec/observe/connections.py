# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Name resolution and SSH between the front-end and the hypervisors, and among hypervisors, as the drivers use them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from typing import Any

# How many peers each hypervisor connects to: the next ones of its cluster by name, and after the last the first ones.
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
# Not over a shared connection, which forwards an agent only if the client that opened it did. Nor do the drivers.
FORWARD = ["-o", "ForwardAgent=yes", "-o", "ControlMaster=no", "-o", "ControlPath=none"]
TIMEOUT = 25.0
# Runs on the hypervisor. Each line is one short write, so that lines of parallel connections do not mix.
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
    """Return for each name the peers to reach. hosts: all hosts of oned; those that are down are no peers."""
    clusters = {host["name"]: host["cluster"] for host in hosts}
    up = sorted(host["name"] for host in hosts if host["state"] not in DOWN)
    found = {}
    for name in names:
        others = [peer for peer in up if clusters[peer] == clusters.get(name) and peer != name]
        found[name] = ([peer for peer in others if peer > name] + [peer for peer in others if peer < name])[:PEERS]
    return found


def resolve(name: str) -> dict[str, Any]:
    """Return the addresses of a name, or why it has none."""
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return {"addresses": [], "problem": error.strerror or str(error)}
    return {"addresses": sorted({str(entry[4][0]) for entry in entries}), "problem": ""}


def log_in(name: str, targets: list[str]) -> dict[str, Any]:
    """Log in to a hypervisor, and from there to the targets.

    code, said: exit code and error message of ssh. agent: whether the agent was forwarded. skew: of the hypervisor's
    clock, None if it was not read. hops: target -> code and said of the log-in from the hypervisor.
    """
    found: dict[str, Any] = {"hops": {}, "agent": False, "skew": None}
    before = time.time()
    command = [*SSH, *FORWARD, name, "sh", "-s", *targets]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        limit = threading.Timer(TIMEOUT, process.kill)
        limit.start()
        # if the log-in fails, ssh does not read its input; its exit code is evaluated below
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
                target, code, message = (*text.split(" ", 2), "")[:3]
                found["hops"][target] = {"code": int(code), "said": message.strip()}
        said = process.stderr.read()
        process.wait()
        late = not limit.is_alive()
        limit.cancel()
    if late:
        said += f"no answer within {TIMEOUT:g} s"
    return {**found, "code": process.returncode, "said": " ".join(said.split())}


def skew(there: float, before: float, after: float) -> float:
    """Return by how many seconds at least a clock is ahead of the local one (negative: behind).

    there: what the clock showed. before, after: local times before and after it was read.
    """
    return there - after if there > after else min(there - before, 0.0)
