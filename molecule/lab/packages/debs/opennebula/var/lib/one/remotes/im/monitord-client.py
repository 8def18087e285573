# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The agent on a hypervisor: a probe that must work, then reports to onemonitord until it is replaced."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# What must run on a host of a kind, and the probe oned's log names when it does not.
LIBVIRT = (["virsh", "--connect", "qemu:///system", "version"], "wild_vm.rb")
CHECKS = {"kvm": LIBVIRT, "qemu": LIBVIRT, "lxc": (["lxc-ls", "--version"], "version.sh")}
PID_FILE = Path(__file__).resolve().parents[1] / ".agent.pid"
CPUS = os.cpu_count() or 1


def check(hypervisor: str) -> str:
    """The hypervisor's version; exits with the driver's text when it does not work."""
    command, probe = CHECKS[hypervisor]
    if shutil.which(command[0]) is None:
        sys.exit(f"Error executing {probe}: No such file or directory - {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        sys.exit(f"Error executing {probe}: {done.stderr.strip()}")
    return done.stdout.strip().splitlines()[-1]


def found(name: str, pattern: str) -> str:
    """What a pattern's group matches in a file of /proc."""
    match = re.search(pattern, Path("/proc", name).read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "0"


def memory(name: str) -> int:
    return int(found("meminfo", rf"^{name}:\s*(\d+)"))


def system_report(hypervisor: str, version: str) -> dict[str, Any]:
    datastores = Path("/var/lib/one/datastores")
    disk = shutil.disk_usage(datastores if datastores.is_dir() else "/")
    template = {
        "ARCH": platform.machine(),
        "CPUSPEED": found("cpuinfo", r"^cpu MHz\s*: (\d+)"),
        "HOSTNAME": socket.gethostname(),
        "HYPERVISOR": "lxc" if hypervisor == "lxc" else "kvm",
        "HYPERVISOR_VERSION": version,
        "MODELNAME": found("cpuinfo", r"^model name\s*: (.*)"),
        "TOTALCPU": str(100 * CPUS),
        "TOTALMEMORY": str(memory("MemTotal")),
        "VERSION": "6.10.0.1",
    }
    sizes = {"FREE_DISK": disk.free, "MAX_DISK": disk.total, "USED_DISK": disk.used}
    disks = {name: str(size >> 20) for name, size in sizes.items()}
    return {"template": {name: [value] for name, value in template.items()}, "disks": disks}


def sample() -> dict[str, Any]:
    total, free = memory("MemTotal"), memory("MemAvailable")
    used = min(100 * CPUS, round(100 * os.getloadavg()[0]))
    interfaces = Path("/proc/net/dev").read_text(encoding="utf-8").splitlines()[2:]
    received, sent = (sum(int(line.split()[column]) for line in interfaces) for column in (1, 9))
    numbers = {"FREE_CPU": 100 * CPUS - used, "USED_CPU": used, "NETRX": received, "NETTX": sent}
    numbers |= {"FREE_MEMORY": free, "USED_MEMORY": total - free}
    return {"sample": {name: str(number) for name, number in numbers.items()}}


def send(settings: dict[str, Any], kind: str, content: dict[str, Any]) -> None:
    message = json.dumps({"type": kind, "id": settings["id"], "agent": settings["agent"], **content}).encode()
    if kind == "STATE_VM":
        with socket.create_connection((settings["address"], settings["port"]), timeout=5) as stream:
            stream.sendall(message + b"\n")
        return
    found = socket.getaddrinfo(settings["address"], settings["port"], type=socket.SOCK_DGRAM)
    with socket.socket(found[0][0], socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(message, found[0][4])


def report(settings: dict[str, Any], version: str) -> None:
    """For ever; where nobody listens, messages are lost and the next ones are sent all the same."""
    periods, beat = settings["periods"], settings["periods"]["BEACON_HOST"]
    due = dict.fromkeys(("SYSTEM_HOST", "MONITOR_HOST", "STATE_VM", "BEACON_HOST"), 0.0)
    # A datagram may be lost: what a new host waits for is sent a second time.
    repeat = {"SYSTEM_HOST", "MONITOR_HOST"}
    while True:
        now = time.monotonic()
        for kind in [kind for kind in due if due[kind] <= now]:
            content = {"MONITOR_HOST": sample, "SYSTEM_HOST": lambda: system_report(settings["hypervisor"], version)}
            due[kind] = now + (2 if kind in repeat else periods[kind])
            repeat.discard(kind)
            try:
                send(settings, kind, content.get(kind, dict)())
            except OSError:
                due[kind] = now + min(periods[kind], beat)
        time.sleep(max(0.1, min(due.values()) - time.monotonic()))


def stop() -> None:
    """End the agent that runs here, whichever oned it belongs to."""
    # A reboot leaves the file behind and gives the number to nobody, or to somebody else.
    with contextlib.suppress(OSError, ValueError):
        pid = int(PID_FILE.read_text(encoding="utf-8"))
        if Path(__file__).name in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"):
            os.kill(pid, signal.SIGKILL)
    PID_FILE.unlink(missing_ok=True)


if __name__ == "__main__":
    if sys.argv[1] == "stop":
        sys.exit(stop())
    settings = json.load(sys.stdin)
    version = check(settings["hypervisor"])
    if settings["address"] == "auto":
        # Whoever logged in, as this host sees it.
        settings["address"] = os.environ["SSH_CLIENT"].split()[0]
    stop()
    # Away from the log-in: ssh returns only when nobody holds its streams any more.
    if not os.fork():
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        PID_FILE.write_text(str(os.getpid()), encoding="utf-8")
        report(settings, version)
