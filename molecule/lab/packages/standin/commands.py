#!/usr/bin/env python
# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every command of the stand-in is a link to this file; the name it is called by says which one runs."""

import importlib
import logging
import os
import signal
import sys
import threading
import xml.etree.ElementTree as ET
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paths import ETC, VAR, NoCredentials, one_auth, start_log
from store import DB_VERSION, DatabaseAway, Store
from template import first, parse, vector

ENDPOINT = os.environ.get("ONE_XMLRPC", "http://localhost:2633/RPC2")
HOOK_SECONDS = 30
STATES = {"0": "init", "2": "on", "3": "err", "4": "dsbl", "8": "off"}
MACHINES = "one.vmpool.info", -2, -1, -1, -1, ""
PENDING, MONITORED = "1", "2"

log = logging.getLogger("ONE")


class CallFailed(Exception):
    """oned refuses, or the command line is wrong."""


FAILURES = (CallFailed, OSError, xmlrpc.client.Error)


def call(endpoint: str, method: str, *parameters: Any) -> str:
    """Call oned as the user of one_auth. Raises FAILURES and NoCredentials."""
    with xmlrpc.client.ServerProxy(endpoint) as proxy:
        success, value, *_code = getattr(proxy, method)(one_auth(), *parameters)
    if not success:
        raise CallFailed(str(value))
    return str(value)


def poll(seconds: float, work: Callable[[], str]) -> None:
    """Do the same again and again until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            log.info("%s", work())
        except FAILURES as error:
            log.error("Cannot contact oned, will retry... Error: %s", error)
        stop.wait(seconds)


def mm_sched() -> None:
    conf = parse((ETC / "sched.conf").read_text(encoding="utf-8"))
    start_log(vector(conf, "LOG").get("SYSTEM", "file"), "sched.log")
    endpoint = first(conf, "ONE_XMLRPC", ENDPOINT)
    poll(float(first(conf, "SCHED_INTERVAL", "15")), lambda: schedule(endpoint))


def schedule(endpoint: str) -> str:
    """Give each machine that waits or is to move the next host, whatever it requires."""
    pool = ET.fromstring(call(endpoint, "one.hostpool.info"))
    hosts = [int(host.findtext("ID", "")) for host in pool if host.findtext("STATE") == MONITORED]
    placed = []
    for vm in ET.fromstring(call(endpoint, *MACHINES)):
        here, waits = vm.findtext("HISTORY_RECORDS/HISTORY[last()]/HID"), vm.findtext("STATE") == PENDING
        there = next((oid for oid in hosts if str(oid) != here), None)
        if there is not None and (waits or vm.findtext("RESCHED") == "1"):
            verb, *rest = ("deploy", False, -1, "") if waits else ("migrate", False, False, -1, 0)
            placed.append(call(endpoint, f"one.vm.{verb}", int(vm.findtext("ID", "")), there, *rest))
    return f"placed {placed}"


def onehem() -> None:
    start_log("file", "onehem.log")
    poll(HOOK_SECONDS, lambda: call(ENDPOINT, "one.hookpool.info", -2, -1, -1)[:80])


def oneshowback() -> None:
    call(ENDPOINT, *MACHINES)
    print("Showback data for 0 VMs updated")


def onehost() -> None:
    for host in ET.fromstring(call(ENDPOINT, "one.hostpool.info")):
        oid, name, cluster, state = (host.findtext(tag, "") for tag in ("ID", "NAME", "CLUSTER", "STATE"))
        print(f"{oid:>4} {name:30} {cluster:20} {STATES[state]}")


def onedb() -> int:
    """1 where nothing is bootstrapped: as the real one it looks at tables, which an oned that was refused has made."""
    store = Store(parse((ETC / "oned.conf").read_text(encoding="utf-8")), VAR)
    there = False
    # To open a database of SQLite is to create it.
    if store.mysql or store.path.exists():
        with store.transaction():
            there = store.bootstrapped()
    print(f"Shared: {DB_VERSION}\nLocal:  {DB_VERSION}" if there else "Database is not correctly bootstraped.")
    return 0 if there else 1


# With the only argument that each knows.
COMMANDS: dict[str, tuple[Callable[[], int | None], str]] = {"mm_sched": (mm_sched, ""), "onehem-server": (onehem, "")}
COMMANDS |= {"oneshowback": (oneshowback, "calculate"), "onehost": (onehost, "list"), "onedb": (onedb, "version")}


def main(name: str, arguments: list[str]) -> int:
    if name not in COMMANDS:
        return int(importlib.import_module(name).main(arguments))
    command, verb = COMMANDS[name]
    try:
        if verb not in ("", *arguments[:1]):
            raise CallFailed(f"usage: {name} {verb}")
        return command() or 0
    except (NoCredentials, DatabaseAway, *FAILURES) as error:
        print(error, file=sys.stderr)
        return 255


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
