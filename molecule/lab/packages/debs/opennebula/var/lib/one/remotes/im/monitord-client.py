# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The agent on a hypervisor: a probe that must work, then reports to onemonitord until it is replaced."""

import contextlib
import itertools
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        sys.exit(f"Error executing {probe}: {done.stderr.strip()}")
    return done.stdout.strip().splitlines()[-1]


def described(hypervisor: str, version: str) -> dict[str, dict[str, Any]]:
    """What the host is, what its disk holds, and what it does at the moment. Memory in KiB, disk in MiB."""
    numbers = re.findall(r"^(MemTotal|MemAvailable): +(\d+)", Path("/proc/meminfo").read_text("utf-8"), re.MULTILINE)
    memory = {name: int(number) for name, number in numbers}
    datastores = Path("/var/lib/one/datastores")
    disk = shutil.disk_usage(datastores if datastores.is_dir() else "/")
    used = min(100 * CPUS, round(100 * os.getloadavg()[0]))
    template: dict[str, Any] = {"ARCH": platform.machine(), "HOSTNAME": socket.gethostname(), "VERSION": "6.10.0.1"}
    template |= {"HYPERVISOR": "lxc" if hypervisor == "lxc" else "kvm", "HYPERVISOR_VERSION": version}
    template |= {"TOTALCPU": 100 * CPUS, "TOTALMEMORY": memory["MemTotal"]}
    disks = {"FREE_DISK": disk.free >> 20, "MAX_DISK": disk.total >> 20, "USED_DISK": disk.used >> 20}
    sample = {"FREE_CPU": 100 * CPUS - used, "FREE_MEMORY": memory["MemAvailable"], "USED_CPU": used}
    sample["USED_MEMORY"] = memory["MemTotal"] - memory["MemAvailable"]
    return {"template": template, "disks": disks, "sample": sample}


def report(settings: dict[str, Any], version: str) -> None:
    """For ever, over both ways; where nobody listens, messages are lost and the next ones are sent all the same."""
    # A datagram may be lost: what a new host waits for is sent a second time.
    for pause in itertools.chain([2], itertools.repeat(settings["period"])):
        content = described(settings["hypervisor"], version)
        message = json.dumps({"id": settings["id"], "agent": settings["agent"]} | content).encode()
        for way in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with contextlib.suppress(OSError), socket.socket(type=way) as sender:
                sender.settimeout(5)
                sender.connect((settings["address"], settings["port"]))
                sender.sendall(message + b"\n")
        time.sleep(pause)


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
