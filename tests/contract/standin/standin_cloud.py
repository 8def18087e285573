# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in oned run from the source tree, below a directory of its own."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).resolve().parents[3] / "molecule" / "lab" / "packages"
LAUNCHER = PACKAGES / "standin" / "commands.py"
# What only services use is kept with them, and packed together.
SERVICES = PACKAGES.with_name("web-packages") / "oned"
SESSION = "oneadmin:PASSWORD"
SECONDS = 15.0
# How long the stand-in's drivers take: long enough to be seen on a busy machine.
DRIVER_SECONDS = 2.0
# ssh and rsync for hosts that are this machine; they note their runs.
SSH = """
echo "$@" >> {log}
while [ "$1" = -o ]; do shift 2; done
shift
SSH_CLIENT="127.0.0.1 1 22" exec sh -c "$*"
"""
RSYNC = """
echo rsync >> {log}
for last; do before=$source; source=$last; done
cp -R "$before". "${{last#*:}}"
"""


def free_port() -> int:
    """A port that nobody uses; below NodePorts, and below those that outgoing connections get before it is used."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram, contextlib.suppress(OSError):
            stream.bind(("127.0.0.1", port))
            datagram.bind(("127.0.0.1", port))
            return port


class Cloud:
    """Configuration as packaged, with ports of its own, loopback only, and one more driver: dummy."""

    def __init__(self, home: Path, database: str = 'BACKEND = "sqlite"') -> None:
        self.home, self.var = home, home / "var"
        self.port, self.monitor_port, self.event_port = free_port(), free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None
        self.path = os.environ["PATH"]
        for name in ("etc", "var/lock", "var/.one", "lib/mads", "bin"):
            (home / name).mkdir(parents=True)
        packaged = PACKAGES / "debs" / "opennebula"
        shutil.copytree(packaged / "var/lib/one/remotes", self.var / "remotes")
        for name in ("oned", "mm_sched", "onedb", "oneshowback", "onehost"):
            (home / "bin" / name).symlink_to(LAUNCHER)
        (home / "lib/mads/onemonitord").symlink_to(LAUNCHER)
        oned = (packaged / "etc/one/oned.conf").read_text()
        oned += f'PORT = {self.port}\nLISTEN_ADDRESS = "127.0.0.1"\nDB = [ {database} ]\n'
        oned += f'SCRIPTS_REMOTE_DIR = "{home}/remote"\n'
        oned += f'HM_MAD = [ ARGUMENTS = "-p {self.event_port} -b 127.0.0.1" ]\n'
        # A scalar counts where it stands first, a section where it stands last.
        wanted = [line for line in oned.splitlines() if not line.startswith(("PORT = 2633", 'LISTEN_ADDRESS = "0'))]
        wanted = [line for line in wanted if line != "SCRIPTS_REMOTE_DIR=/var/tmp/one"]
        self.oned_conf = home / "etc" / "oned.conf"
        self.oned_conf.write_text("\n".join(wanted) + "\n")
        monitord = (packaged / "etc/one/monitord.conf").read_text()
        monitord += f'NETWORK = [ ADDRESS = "127.0.0.1", MONITOR_ADDRESS = "127.0.0.1", PORT = {self.monitor_port} ]\n'
        monitord += 'IM_MAD = [ NAME = "dummy" ]\nMONITORING_INTERVAL_HOST = 2\n'
        monitord += "PROBES_PERIOD = [ MONITOR_HOST = 1 ]\n"
        (home / "etc" / "monitord.conf").write_text(monitord)
        (home / "etc" / "sched.conf").write_text(f'ONE_XMLRPC = "{self.url}"\nSCHED_INTERVAL = 1\n')
        self.auth("one_auth", SESSION)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/RPC2"

    def auth(self, name: str, text: str) -> Path:
        path = self.var / ".one" / name
        path.write_text(text + "\n")
        return path

    def environment(self) -> dict[str, str]:
        auth = str(self.var / ".one" / "one_auth")
        own = {"ONE_LOCATION": str(self.home), "ONE_AUTH": auth, "ONE_XMLRPC": self.url, "PATH": self.path}
        # The sources are what a digest is made of; running them must not add to them.
        own["ONE_DRIVER_SECONDS"] = str(DRIVER_SECONDS)
        return {**os.environ, **own, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(SERVICES)}

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that ends by itself."""
        command = [sys.executable, str(self.home / "bin" / name), *arguments]
        return subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, timeout=SECONDS, check=False
        )

    def popen(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(self.home / "bin" / name), *arguments]
        return subprocess.Popen(command, env=self.environment(), text=True)

    def start(self) -> None:
        self.process = self.popen("oned", "-f")
        self.wait(self.answers, "an answer")

    def answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, "oned ended"
        try:
            self.call("system.listMethods", session="")
        except OSError:
            return False
        return True

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self.process = None
        return code

    def call(self, method: str, *parameters: Any, session: str = SESSION) -> Any:
        """The decoded answer; raises xmlrpc.client.Fault."""
        values = (session, *parameters) if session else parameters
        with xmlrpc.client.ServerProxy(self.url) as proxy:
            return getattr(proxy, method)(*values)

    def host_state(self, oid: int) -> str:
        text = self.call("one.host.info", oid)[1]
        return str(text.split("<STATE>")[1].split("<")[0])

    def monitord(self) -> int:
        """onemonitord's process id, once there is one."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found: list[str] = []
        for task in children.parents[1].iterdir():
            # a call is a thread of its own, which may end at any moment
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found += (task / "children").read_text().split()
        return int(found[0]) if found else 0

    def wait(self, condition: Any, what: str, seconds: float = SECONDS) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"no {what} within {seconds} s\n{self.logs()}"
            time.sleep(0.05)

    def log(self, name: str) -> str:
        path = self.var / name
        return path.read_text() if path.exists() else ""

    def logs(self) -> str:
        return self.log("oned.log")[-3000:] + self.log("monitor.log")[-3000:]
