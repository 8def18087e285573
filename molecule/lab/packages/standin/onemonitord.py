# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""onemonitord: deploys agents to hosts over SSH and listens to what they push (src/monitor).

oned hears of a host, in JSON lines, once the log-in and the probe worked and the agent deployed was heard both ways.
"""

import json
import logging
import os
import secrets
import shlex
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from paths import ETC, VAR, start_log
from template import first, parse, vector

log = logging.getLogger("HMM")

# Which key, user, known hosts and ports apply is the business of ssh's own configuration alone.
SSH = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
SSH_SECONDS, STREAM_SECONDS = 90, 10
# Shorter than the real one's MANAGER_TIMER of 15: scenarios wait for it.
TICK_SECONDS = 5.0


def run(command: list[str], stdin: str = "") -> str:
    """Why a command failed, or nothing."""
    try:
        subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SSH_SECONDS, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        return str(getattr(error, "stderr", "") or error).strip()
    return ""


@dataclass
class Host:
    """A host that is to be monitored."""

    oid: int
    name: str
    im_mad: str
    heard: float = 0.0
    working: bool = False
    # The deployment whose messages count, and what has arrived of it.
    agent: str = ""
    arrived: dict[str, Any] = field(default_factory=dict)


class Monitord:
    def __init__(self) -> None:
        conf, oned_conf = (parse((ETC / name).read_text("utf-8")) for name in ("monitord.conf", "oned.conf"))
        start_log(vector(conf, "LOG").get("SYSTEM", "file"), "monitor.log")
        self.remote_dir = first(oned_conf, "SCRIPTS_REMOTE_DIR", "/var/tmp/one")
        self.interval = int(first(conf, "MONITORING_INTERVAL_HOST", "180"))
        self.drivers = {mad["NAME"] for mad in conf.get("IM_MAD", []) if isinstance(mad, dict)}
        network = vector(conf, "NETWORK")
        self.listen_on = network.get("ADDRESS") or "0.0.0.0", int(network.get("PORT") or 4124)
        # Of the periods only that of samples counts: agents always tell all of it.
        period = int(vector(conf, "PROBES_PERIOD").get("MONITOR_HOST") or 120)
        address = network.get("MONITOR_ADDRESS") or "auto"
        self.settings = {"period": period, "address": address, "port": self.listen_on[1]}
        self.hosts: dict[int, Host] = {}
        self.lock = threading.RLock()
        self.workers = ThreadPoolExecutor(int(network.get("THREADS") or 8))

    def from_oned(self, message: dict[str, Any]) -> None:
        with self.lock:
            oid, wanted = message["id"], message["host"]
            if wanted and oid in self.hosts:
                self.hosts[oid].name, self.hosts[oid].im_mad = wanted
            elif wanted:
                # At oned's start too: agents outlive it, and only a new log-in replaces them. But a host enabled out
                # of ERROR waits for its next turn (HostMonitorManager.cc).
                self.hosts[oid] = Host(oid, *wanted)
                self.begin(self.hosts[oid])
            elif oid in self.hosts:
                self.workers.submit(self.undeploy, self.hosts.pop(oid))

    def begin(self, host: Host) -> None:
        if host.working:
            return
        host.heard = time.time()
        if host.im_mad not in self.drivers:
            log.error("start_monitor: Cannot find driver %s", host.im_mad)
            return
        host.working, host.arrived, host.agent = True, {}, secrets.token_hex(8)
        log.debug("Monitoring host %s(%s)", host.name, host.oid)
        self.workers.submit(self.deploy, host)

    def deploy(self, host: Host) -> None:
        """Log in, bring the remotes, run the probe and leave the agent running."""
        own = {"id": host.oid, "agent": host.agent, "name": host.name, "hypervisor": host.im_mad}
        probe = [*SSH, host.name, f"{self.remote_dir}/im/run_monitord_client {shlex.quote(host.im_mad)}"]
        # Hidden files at the top are the host's own: the agent's process id.
        rsync = ["rsync", "-rlptz", "--delete", "--exclude", "/.*", "-e", shlex.join(SSH), f"{VAR}/remotes/"]
        failure = run([*SSH, host.name, f"mkdir -p {self.remote_dir}"])
        failure = failure or run([*rsync, f"{host.name}:{self.remote_dir}"])
        failure = f"Could not update remotes: {failure}" if failure else run(probe, json.dumps(self.settings | own))
        with self.lock:
            host.working, host.heard = False, time.time()
            if not failure:
                log.debug("Start monitor success, host: %s", host.oid)
                host.arrived["ssh"] = {}
                self.promote(host)
                return
            log.error("Unable to monitor host id: %s. %s", host.oid, failure)
            if self.hosts.get(host.oid) is host:
                # oned is told no reason; the cause is in this log only (measured).
                print(json.dumps({"id": host.oid, "reason": ""}), flush=True)

    def undeploy(self, host: Host) -> None:
        log.debug("Stopping Monitoring on host %s(%s)", host.name, host.oid)
        failure = run([*SSH, host.name, f"{self.remote_dir}/im/stop_monitord_client"])
        if failure:
            log.error("Cannot stop monitoring host %s: %s", host.oid, failure)

    def from_host(self, way: str, data: bytes) -> None:
        try:
            message = json.loads(data)
            oid, agent = message["id"], message["agent"]
        except (ValueError, KeyError, TypeError):
            # MonitorDriverProtocol.cc, _undefined: at INFO, with all of it
            logging.getLogger("MDP").info("Received UNDEFINED msg: %s", data.decode(errors="replace").rstrip("\n"))
            return
        with self.lock:
            host = self.hosts.get(oid)
            if host is None:
                log.warning("message ignored for unknown host %s", oid)
            elif host.agent == agent:
                host.heard, host.arrived[way] = time.time(), message
                self.promote(host)

    def promote(self, host: Host) -> None:
        """Hand each datagram on to oned once the host has proven every way it must have."""
        if {"ssh", "udp", "tcp"} <= host.arrived.keys():
            print(json.dumps(host.arrived.pop("udp")), flush=True)
            log.info("report of host %s", host.oid)

    def watch(self) -> None:
        """Deploy anew where nothing was heard for an interval, and retry hosts in ERROR as often."""
        while True:
            time.sleep(min(TICK_SECONDS, self.interval / 4))
            with self.lock:
                for host in self.hosts.values():
                    if time.time() - host.heard >= self.interval:
                        self.begin(host)

    def listen(self) -> None:
        monitord = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if isinstance(self.request, tuple):
                    monitord.from_host("udp", self.request[0])
                else:
                    self.request.settimeout(STREAM_SECONDS)
                    monitord.from_host("tcp", self.request.makefile("rb").readline(1 << 20))

        socketserver.TCPServer.allow_reuse_address = True
        socketserver.UDPServer.max_packet_size = 65536
        for kind in (socketserver.UDPServer, socketserver.ThreadingTCPServer):
            threading.Thread(target=kind(self.listen_on, Handler).serve_forever, daemon=True).start()


def main(_arguments: list[str]) -> int:
    monitord = Monitord()
    monitord.listen()
    threading.Thread(target=monitord.watch, daemon=True).start()
    # oned closes this pipe when it stops, and the kernel does when it is killed.
    for line in sys.stdin:
        monitord.from_oned(json.loads(line))
    os._exit(0)
