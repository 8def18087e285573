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
import socketserver
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import driver
from paths import ETC, start_log
from template import Template, first, parse, vector

log = logging.getLogger("HMM")

OFFLINE = 8
# Shorter than the real one's MANAGER_TIMER of 15: scenarios wait for it.
TICK_SECONDS = 5.0
PERIODS = {"BEACON_HOST": 30, "SYSTEM_HOST": 600, "MONITOR_HOST": 120, "SYNC_STATE_VM": 180}


@dataclass
class Watched:
    """A host as onemonitord sees it."""

    oid: int
    name: str
    im_mad: str
    state: int
    heard: float = 0.0
    working: bool = False
    deployed: bool = False
    # The deployment whose messages count, and what has arrived of it.
    agent: str = ""
    arrived: dict[str, Any] = field(default_factory=dict)


class Monitord:
    def __init__(self, conf: Template, remote_dir: str) -> None:
        self.network, self.remote_dir = vector(conf, "NETWORK"), remote_dir
        asked = vector(conf, "PROBES_PERIOD")
        self.periods = {name: int(asked.get(name) or default) for name, default in PERIODS.items()}
        self.interval = int(first(conf, "MONITORING_INTERVAL_HOST", "180"))
        self.drivers = {mad["NAME"] for mad in conf.get("IM_MAD", []) if isinstance(mad, dict)}
        self.port = int(self.network.get("PORT") or 4124)
        self.hosts: dict[int, Watched] = {}
        self.lock = threading.RLock()
        self.workers = ThreadPoolExecutor(int(self.network.get("THREADS") or 8))

    def tell(self, **message: Any) -> None:
        with self.lock:
            print(json.dumps(message), flush=True)

    def from_oned(self, message: dict[str, Any]) -> None:
        with self.lock:
            oid, new = message["id"], message["host"]
            if new is None:
                gone = self.hosts.pop(oid, None)
                if gone is not None:
                    self.workers.submit(self.undeploy, gone)
                return
            known = self.hosts.get(oid)
            if known is None:
                self.hosts[oid] = Watched(oid, new["NAME"], new["IM_MAD"], new["STATE"])
                # Agents outlive oned; what they say counts only after a new log-in has replaced them.
                self.begin(self.hosts[oid])
                return
            before, known.state = known.state, new["STATE"]
            known.name, known.im_mad = new["NAME"], new["IM_MAD"]
            if known.state == OFFLINE != before:
                known.deployed = False
                self.workers.submit(self.undeploy, known)
            elif before == OFFLINE != known.state:
                # Only then: a host enabled out of ERROR waits for its next turn (HostMonitorManager.cc).
                self.begin(known)

    def begin(self, host: Watched) -> None:
        if host.working or host.state == OFFLINE:
            return
        host.heard = time.time()
        if host.im_mad not in self.drivers:
            log.error("start_monitor: Cannot find driver %s", host.im_mad)
            return
        host.working, host.deployed, host.arrived, host.agent = True, False, {}, secrets.token_hex(8)
        log.debug("Monitoring host %s(%s)", host.name, host.oid)
        self.workers.submit(self.deploy, host)

    def deploy(self, host: Watched) -> None:
        settings = {
            "id": host.oid,
            "name": host.name,
            "agent": host.agent,
            "hypervisor": host.im_mad,
            "address": self.network.get("MONITOR_ADDRESS") or "auto",
            "port": self.port,
            "periods": self.periods,
        }
        failure = None
        try:
            driver.deploy(host.name, self.remote_dir, settings)
        except driver.Failed as error:
            failure = error
        with self.lock:
            host.working, host.deployed, host.heard = False, failure is None, time.time()
            if failure is None:
                log.debug("Start monitor success, host: %s", host.oid)
                self.promote(host)
                return
            log.error("Unable to monitor host id: %s. %s", host.oid, failure)
            if self.hosts.get(host.oid) is host and host.state != OFFLINE:
                # oned is told no reason; the cause is in this log only (measured).
                self.tell(type="HOST_STATE", id=host.oid, state="ERROR", reason="")

    def undeploy(self, host: Watched) -> None:
        log.debug("Stopping Monitoring on host %s(%s)", host.name, host.oid)
        try:
            driver.undeploy(host.name, self.remote_dir)
        except driver.Failed as failure:
            log.error("Cannot stop monitoring host %s: %s", host.oid, failure)

    def from_host(self, way: str, data: bytes) -> None:
        try:
            message = json.loads(data)
            kind, oid = message["type"], message["id"]
        except (ValueError, KeyError, TypeError):
            # MonitorDriverProtocol.cc, _undefined: at INFO, with all of it
            logging.getLogger("MDP").info("Received UNDEFINED msg: %s", data.decode(errors="replace").rstrip("\n"))
            return
        with self.lock:
            host = self.hosts.get(oid)
            if host is None:
                log.warning("message ignored for unknown host %s", oid)
            elif host.state != OFFLINE and host.agent == message.get("agent"):
                host.heard, host.arrived[way] = time.time(), True
                if kind == "SYSTEM_HOST":
                    host.arrived["system"] = {"template": message["template"], "disks": message["disks"]}
                elif kind == "MONITOR_HOST":
                    host.arrived["sample"] = message["sample"]
                self.promote(host)

    def promote(self, host: Watched) -> None:
        """Hand reports on to oned once the host has proven every way it must have."""
        if not (host.deployed and host.arrived.get("udp") and host.arrived.get("tcp")):
            return
        system, sample = host.arrived.pop("system", None), host.arrived.pop("sample", None)
        if system:
            self.tell(type="HOST_SYSTEM", id=host.oid, **system)
        if sample:
            self.tell(type="MONITOR_HOST", id=host.oid, sample=sample)
            log.info("Successfully monitored host: %s", host.oid)

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
        address = (self.network.get("ADDRESS") or "0.0.0.0", self.port)

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                monitord.from_host("udp", self.request[0])

        class Stream(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                monitord.from_host("tcp", self.rfile.readline(1 << 20))

        for server in (Datagrams(address, Datagram), Streams(address, Stream)):
            threading.Thread(target=server.serve_forever, daemon=True).start()


class Datagrams(socketserver.UDPServer):
    allow_reuse_address = True
    max_packet_size = 65536


class Streams(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main(arguments: list[str]) -> int:
    texts = [(ETC / name).read_text(encoding="utf-8") for name in (arguments[1], "oned.conf")]
    conf, oned_conf = map(parse, texts)
    start_log(vector(conf, "LOG").get("SYSTEM", "file"), "monitor.log")
    monitord = Monitord(conf, first(oned_conf, "SCRIPTS_REMOTE_DIR", "/var/tmp/one"))
    monitord.listen()
    threading.Thread(target=monitord.watch, daemon=True).start()
    # oned closes this pipe when it stops, and the kernel does when it is killed.
    for line in sys.stdin:
        monitord.from_oned(json.loads(line))
    os._exit(0)
