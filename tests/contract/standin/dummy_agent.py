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
    described = {"template": SYSTEM | {"HOSTNAME": settings["name"]}, "disks": DISKS, "sample": SAMPLE}
    message = json.dumps({"id": settings["id"], "agent": settings["agent"]} | described).encode() + b"\n"
    for way in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(type=way) as sender:
            sender.connect((settings["address"], settings["port"]))
            sender.sendall(message)
