# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What calls oned: mm_sched and onehem, which poll until they are stopped, oneshowback and onehost."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import xml.etree.ElementTree as ET
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path

from paths import ETC, NoCredentials, one_auth, start_log
from template import first, parse, vector

ENDPOINT = "http://localhost:2633/RPC2"
HOOK_SECONDS = 30
STATES = {"0": "init", "2": "on", "3": "err", "4": "dsbl", "8": "off"}

log = logging.getLogger("ONE")


class CallFailed(Exception):
    """oned does not answer or refuses."""


def call(endpoint: str, method: str, *parameters: object) -> str:
    """Call oned as the user of one_auth. Raises CallFailed and NoCredentials."""
    session = one_auth()
    try:
        with xmlrpc.client.ServerProxy(endpoint) as proxy:
            answer = getattr(proxy, method)(session, *parameters)
    except (OSError, xmlrpc.client.Error) as error:
        raise CallFailed(str(error)) from error
    if not answer[0]:
        raise CallFailed(str(answer[1]))
    return str(answer[1])


def schedule(endpoint: str) -> None:
    status = call(endpoint, "one.zone.raftstatus")
    # Alone or leader; anything else leaves scheduling to another server.
    if re.search("<STATE>[03]</STATE>", status):
        log.debug("%s", call(endpoint, "one.vmpool.info", -2, -1, -1, -1, "")[:80])
    else:
        log.error("oned is not leader")


def watch_hooks(endpoint: str) -> None:
    call(endpoint, "one.hookpool.info", -2, -1, -1)
    log.info("Hooks loaded")


def poll(step: Callable[[str], None], endpoint: str, seconds: float) -> None:
    """Do the same again and again until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            step(endpoint)
        except CallFailed as error:
            log.error("Cannot contact oned, will retry... Error: %s", error)
        stop.wait(seconds)
    log.info("Stopped.")


def mm_sched(_arguments: list[str]) -> None:
    conf = parse((ETC / "sched.conf").read_text(encoding="utf-8"))
    start_log(vector(conf, "LOG").get("SYSTEM", "file"), "sched.log")
    poll(schedule, first(conf, "ONE_XMLRPC", ENDPOINT), float(first(conf, "SCHED_INTERVAL", "15")))


def onehem(_arguments: list[str]) -> None:
    start_log("file", "onehem.log")
    poll(watch_hooks, os.environ.get("ONE_XMLRPC", ENDPOINT), HOOK_SECONDS)


def oneshowback(arguments: list[str]) -> None:
    if arguments[:1] != ["calculate"]:
        raise CallFailed("usage: oneshowback calculate")
    call(os.environ.get("ONE_XMLRPC", ENDPOINT), "one.vmpool.info", -2, -1, -1, -1, "")
    print("Showback data for 0 VMs updated")


def onehost(arguments: list[str]) -> None:
    """For people in a pod: `list`, and `show` with a host's id or name."""
    endpoint = os.environ.get("ONE_XMLRPC", ENDPOINT)
    hosts = [*ET.fromstring(call(endpoint, "one.hostpool.info"))]
    if arguments == ["list"]:
        for host in hosts:
            shown = [host.findtext(name, "") for name in ("ID", "NAME", "CLUSTER", "STATE")]
            print(f"{shown[0]:>4} {shown[1]:30} {shown[2]:20} {STATES[shown[3]]}")
    elif len(arguments) == 2 and arguments[0] == "show":
        found = [host for host in hosts if arguments[1] in (host.findtext("ID"), host.findtext("NAME"))]
        if not found:
            raise CallFailed(f"HOST {arguments[1]} not found.")
        ET.indent(found[0])
        print(ET.tostring(found[0], encoding="unicode"))
    else:
        raise CallFailed("usage: onehost list | show HOST")


COMMANDS = {"mm_sched": mm_sched, "onehem-server": onehem, "oneshowback": oneshowback, "onehost": onehost}


def main(arguments: list[str]) -> int:
    try:
        one_auth()
        COMMANDS[Path(sys.argv[0]).name](arguments)
    except (NoCredentials, CallFailed) as error:
        print(error, file=sys.stderr)
        return 255
    return 0
