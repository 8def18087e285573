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
from store import DatabaseAway, Store

log = logging.getLogger("InM")

RESTART_SECONDS = 1


class Monitoring:
    """Tells onemonitord about hosts and writes what it reports into the store."""

    def __init__(self, store: Store, command: list[str]) -> None:
        self.store, self.command = store, command
        self.process: subprocess.Popen[str] | None = None
        self.stopping = False

    def tell(self) -> None:
        """Tell onemonitord of the hosts written; the store is still locked, so the order is kept."""
        if self.process is None or self.process.stdin is None:
            return
        for oid in sorted(self.store.touched):
            host = self.store.get("host", oid)
            known = host and {name: host[name] for name in ("NAME", "IM_MAD", "STATE")}
            try:
                self.process.stdin.write(json.dumps({"id": oid, "host": known}) + "\n")
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
                self.store.touched.update(host["ID"] for host in self.store.all("host"))
                self.tell()
        except DatabaseAway as error:
            log.error("cannot read the hosts: %s", error)

    def receive(self, report: dict[str, Any]) -> None:
        log.debug("%s of host %s", report["type"], report["id"])
        try:
            with self.store.transaction():
                hosts.reported(self.store, report)
        except DatabaseAway as error:
            log.error("report of host %s lost: %s", report["id"], error)

    def stop(self) -> None:
        self.stopping = True
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
