# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned's side of monitoring: onemonitord as a child, JSON lines on its standard input and output."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
from typing import Any

import hosts
from store import DatabaseAway, Object, Store

log = logging.getLogger("InM")

RESTART_SECONDS = 1


class Monitoring:
    """Tells onemonitord about hosts and writes what it reports into the store."""

    def __init__(self, store: Store, command: list[str]) -> None:
        self.store, self.command = store, command
        self.pending: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] | None = None
        self.stopping = False

    def update_host(self, host: Object) -> None:
        names = ("ID", "NAME", "IM_MAD", "STATE")
        self.pending.append({"type": "UPDATE_HOST", "host": {name: host[name] for name in names}})

    def delete_host(self, host: Object) -> None:
        self.pending.append({"type": "DEL_HOST", "id": host["ID"]})

    def flush(self) -> None:
        """Send what the call at hand has queued; the store is still locked, so the order is kept."""
        messages, self.pending = self.pending, []
        for message in messages:
            self.send(message)

    def send(self, message: dict[str, Any]) -> None:
        if self.process is None or self.process.stdin is None:
            return
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            log.error("onemonitord does not listen: %s", error)

    def start(self) -> None:
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Keep a onemonitord running; a new one is told every host."""
        while not self.stopping:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
            )
            self.tell_all()
            for line in self.process.stdout or ():
                self.receive(json.loads(line))
            if not self.stopping:
                log.error("onemonitord ended with %s, starting it again", self.process.wait())
                time.sleep(RESTART_SECONDS)

    def tell_all(self) -> None:
        try:
            with self.store.transaction():
                for host in self.store.all("host"):
                    self.update_host(host)
                self.flush()
        except DatabaseAway as error:
            log.error("cannot read the hosts: %s", error)

    def receive(self, message: dict[str, Any]) -> None:
        kind, oid = message["type"], message["id"]
        try:
            with self.store.transaction():
                if kind == "HOST_STATE":
                    log.error("Error monitoring host %s", oid)
                    hosts.failed(self.store, oid, message["reason"])
                elif kind == "HOST_SYSTEM":
                    log.debug("Host %s successfully monitored.", oid)
                    hosts.reported(self.store, oid, message["template"], message["disks"])
                elif kind == "MONITOR_HOST":
                    hosts.measured(self.store, oid, message["sample"])
        except DatabaseAway as error:
            log.error("report of host %s lost: %s", oid, error)

    def stop(self) -> None:
        self.stopping = True
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
