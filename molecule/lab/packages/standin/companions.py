# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""mm_sched, onehem and oneshowback: they log in, poll, log, and stop when asked to."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import xmlrpc.client
from collections.abc import Callable

from paths import ETC, one_auth, start_log
from template import Template, first, parse, vector

ENDPOINT = "http://localhost:2633/RPC2"
HOOK_SECONDS = 30


class CallFailed(Exception):
    """oned does not answer or refuses."""


def call(endpoint: str, method: str, *parameters: object) -> str:
    """Call oned as the user of one_auth. Raises CallFailed and RuntimeError (no credentials)."""
    session = one_auth()
    try:
        with xmlrpc.client.ServerProxy(endpoint) as proxy:
            answer = getattr(proxy, method)(session, *parameters)
    except (OSError, xmlrpc.client.Error) as error:
        raise CallFailed(str(error)) from error
    if not answer[0]:
        raise CallFailed(str(answer[1]))
    return str(answer[1])


def config(name: str) -> Template:
    path = ETC / name
    return parse(path.read_text(encoding="utf-8")) if path.exists() else {}


def schedule(endpoint: str) -> None:
    log = logging.getLogger("SCHED")
    status = call(endpoint, "one.zone.raftstatus")
    # Alone or leader; anything else leaves scheduling to another server.
    if not re.search("<STATE>[03]</STATE>", status):
        log.error("oned is not leader")
        return
    log.debug("%s", call(endpoint, "one.vmpool.info", -2, -1, -1, -1, "")[:80])


def watch_hooks(endpoint: str) -> None:
    call(endpoint, "one.hookpool.info", -2, -1, -1)
    logging.getLogger("HEM").info("Hooks loaded")


def poll(step: Callable[[str], None], endpoint: str, seconds: float) -> int:
    """Do the same again and again until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            step(endpoint)
        except CallFailed as error:
            logging.getLogger("SCHED").error("Cannot contact oned, will retry... Error: %s", error)
        stop.wait(seconds)
    logging.getLogger("SCHED").info("Stopped.")
    return 0


def main(arguments: list[str]) -> int:
    name = arguments[0]
    try:
        one_auth()
        if name == "mm_sched":
            conf = config("sched.conf")
            start_log(vector(conf, "LOG").get("SYSTEM", "file"), "sched.log")
            return poll(schedule, first(conf, "ONE_XMLRPC", ENDPOINT), float(first(conf, "SCHED_INTERVAL", "15")))
        endpoint = os.environ.get("ONE_XMLRPC", ENDPOINT)
        if name == "onehem-server":
            start_log("file", "onehem.log")
            return poll(watch_hooks, endpoint, HOOK_SECONDS)
        if arguments[1:2] != ["calculate"]:
            print("usage: oneshowback calculate", file=sys.stderr)
            return 255
        call(endpoint, "one.vmpool.info", -2, -1, -1, -1, "")
        print("Showback data for 0 VMs updated")
        return 0
    except (RuntimeError, CallFailed) as error:
        print(error, file=sys.stderr)
        return 255
