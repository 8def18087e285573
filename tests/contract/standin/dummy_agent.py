# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands in for an agent: reports what OpenNebula's dummy driver reports, once, and refuses every other driver."""

from __future__ import annotations

import json
import socket
import sys

SYSTEM = {
    "ARCH": "x86_64",
    "HYPERVISOR": "dummy",
    "CPUSPEED": "3200",
    "MODELNAME": "Dummy(R) Core @ 3.2GHz",
    "TOTALCPU": "800",
    "TOTALMEMORY": "16777216",
}
DISKS = {"FREE_DISK": "20480", "MAX_DISK": "20480", "USED_DISK": "9720"}
SAMPLE = {"FREE_CPU": "800", "FREE_MEMORY": "16777216", "USED_CPU": "0", "USED_MEMORY": "0"}

if __name__ == "__main__":
    if sys.argv[1] != "dummy":
        sys.exit("this machine runs no hypervisor")
    settings = json.load(sys.stdin)
    address = settings["address"], settings["port"]
    sender = {"id": settings["id"], "agent": settings["agent"]}
    described = SYSTEM | {"HOSTNAME": settings["name"]}
    system = {"template": {name: [value] for name, value in described.items()}, "disks": DISKS}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for kind, report in (("SYSTEM_HOST", system), ("MONITOR_HOST", {"sample": SAMPLE})):
            datagrams.sendto(json.dumps({"type": kind, **sender, **report}).encode(), address)
    with socket.create_connection(address, timeout=5) as stream:
        stream.sendall(json.dumps({"type": "STATE_VM", **sender, "vms": []}).encode() + b"\n")
