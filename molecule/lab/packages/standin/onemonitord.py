# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""onemonitord: deploys agents to hosts over SSH and listens to what they push (src/monitor).

A host is reported to oned only after all of: the log-in worked, its probe worked, a datagram and a TCP
message of the agent that was deployed arrived. JSON lines on standard input and output speak with oned.
"""

from __future__ import annotations

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
OFFLINE = 8
# Shorter than the real one's MANAGER_TIMER of 15: scenarios wait for it.
TICK_SECONDS = 5.0
# What the real one calls SYNC_STATE_VM comes as STATE_VM.
PERIODS = {"BEACON_HOST": 30, "SYSTEM_HOST": 600, "MONITOR_HOST": 120, "STATE_VM": 180}


class Failed(Exception):
    """A host cannot be monitored; the text is for monitor.log."""


def run(command: list[str], stdin: str = "") -> None:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SSH_SECONDS)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Failed(str(error)) from error
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")


@dataclass
class Host:
    """A host as onemonitord sees it."""

    oid: int
    name: str = ""
    im_mad: str = ""
    state: int = OFFLINE
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
        asked, network = vector(conf, "PROBES_PERIOD"), vector(conf, "NETWORK")
        self.listen_on = network.get("ADDRESS") or "0.0.0.0", int(network.get("PORT") or 4124)
        self.settings = {
            "periods": {name: int(asked.get(name.replace("STATE", "SYNC_STATE"), PERIODS[name])) for name in PERIODS},
            "address": network.get("MONITOR_ADDRESS") or "auto",
            "port": self.listen_on[1],
        }
        self.hosts: dict[int, Host] = {}
        self.lock = threading.RLock()
        self.workers = ThreadPoolExecutor(int(network.get("THREADS") or 8))

    def tell(self, **message: Any) -> None:
        print(json.dumps(message), flush=True)

    def from_oned(self, message: dict[str, Any]) -> None:
        with self.lock:
            host = self.hosts.setdefault(message["id"], Host(message["id"]))
            before, new = host.state, message["host"] or {"NAME": host.name, "IM_MAD": "", "STATE": OFFLINE}
            host.name, host.im_mad, host.state = new["NAME"], new["IM_MAD"], new["STATE"]
            if message["host"] is None:
                del self.hosts[host.oid]
            if host.state == OFFLINE != before:
                self.workers.submit(self.undeploy, host)
            elif before == OFFLINE != host.state:
                # New ones too: agents outlive oned, and only a new log-in replaces them. But a host enabled out of
                # ERROR waits for its next turn (HostMonitorManager.cc).
                self.begin(host)

    def begin(self, host: Host) -> None:
        if host.working or host.state == OFFLINE:
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
        # Hidden files at the top are the host's own: the agent's process id.
        rsync = ["rsync", "-rlptz", "--delete", "--exclude", "/.*", "-e", shlex.join(SSH)]
        step, failure = "Could not update remotes: ", None
        try:
            run([*SSH, host.name, f"mkdir -p {self.remote_dir}"])
            run([*rsync, f"{VAR}/remotes/", f"{host.name}:{self.remote_dir}"])
            step = ""
            client = f"{self.remote_dir}/im/run_monitord_client {shlex.quote(host.im_mad)}"
            run([*SSH, host.name, client], json.dumps(self.settings | own))
        except Failed as error:
            failure = error
        with self.lock:
            host.working, host.heard = False, time.time()
            if failure is None:
                log.debug("Start monitor success, host: %s", host.oid)
                host.arrived["ssh"] = True
                self.promote(host)
                return
            log.error("Unable to monitor host id: %s. %s%s", host.oid, step, failure)
            if host.state != OFFLINE:
                # oned is told no reason; the cause is in this log only (measured).
                self.tell(type="HOST_STATE", id=host.oid, reason="")

    def undeploy(self, host: Host) -> None:
        log.debug("Stopping Monitoring on host %s(%s)", host.name, host.oid)
        try:
            run([*SSH, host.name, f"{self.remote_dir}/im/stop_monitord_client"])
        except Failed as failure:
            log.error("Cannot stop monitoring host %s: %s", host.oid, failure)

    def from_host(self, way: str, data: bytes) -> None:
        try:
            message = json.loads(data)
            kind, oid = message["type"], message["id"]
        except (ValueError, KeyError, TypeError):
            log.error("Received malformed message over %s", way)
            return
        with self.lock:
            host = self.hosts.get(oid)
            if host is None:
                log.warning("message ignored for unknown host %s", oid)
            elif host.state != OFFLINE and host.agent == message.get("agent"):
                host.heard, host.arrived[way], host.arrived[kind] = time.time(), True, message
                self.promote(host)

    def promote(self, host: Host) -> None:
        """Hand reports on to oned once the host has proven every way it must have."""
        if {"ssh", "udp", "tcp"} <= host.arrived.keys():
            for kind in ("SYSTEM_HOST", "MONITOR_HOST"):
                message = host.arrived.pop(kind, None)
                if message:
                    self.tell(**message)
                    log.info("%s of host %s", kind, host.oid)

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
