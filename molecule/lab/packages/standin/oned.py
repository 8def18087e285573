# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned's start and stop, with what it refuses (src/nebula/oned.cc, Nebula.cc, src/um/UserPool.cc).

Until the database is there errors go to standard error as well; afterwards, with a log file, only into it.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import re
import secrets
import signal
import socket
import sys
from pathlib import Path

import networks  # noqa: F401 - registers its methods, as the next three do
import others
import people  # noqa: F401
import storage  # noqa: F401
from engine import KINDS, METHODS, Call, digest
from hosts import Monitoring
from paths import ETC, LOCK, MADS, VAR, NoCredentials, one_auth, start_log
from server import Server
from store import DatabaseAway, Store
from template import ParseError, Template, first, parse, vector

log = logging.getLogger("ONE")

SERVER_NAME = "serveradmin"
SERVICE_FILES = ("sunstone_auth", "onegate_auth", "oneflow_auth")
DATABASE = re.compile(r'\bDB\s*=\s*\[("(\\"|[^"])*"|[^]"])*')
VALUE = re.compile(r'=\s*("(\\"|[^"])*"|[^\s,\[]+)')


class Refused(Exception):
    """oned does not start; the text is its own."""


def demand(fine: object, problem: str) -> None:
    if not fine:
        raise Refused(problem)


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


def load_config() -> Template:
    """oned.conf, which is also written to `config` and the log, without the database's credentials."""
    try:
        text = (ETC / "oned.conf").read_text(encoding="utf-8")
        config = parse(text)
    except (OSError, ParseError) as error:
        print(f"Error while parsing configuration file:\n{error}", file=sys.stderr)
        raise Refused("Could not load nebula configuration file.") from error
    text = DATABASE.sub(lambda section: "DB = [" + VALUE.sub('= "***"', section[0].partition("[")[2]), text)
    # Where it cannot be written the real one goes on as well.
    with contextlib.suppress(OSError):
        (VAR / "config").write_text(text, encoding="utf-8")
    start_log(vector(config, "LOG").get("SYSTEM", "file"), "oned.log")
    log.info("Starting OpenNebula %s (stand-in of the test lab)\n%s", others.VERSION, text)
    log.info("Using hostname: %s", first(config, "HOSTNAME") or socket.gethostname())
    return config


def prepare(config: Template) -> Store:
    """The key and the tables. Raises Refused and DatabaseAway."""
    key = VAR / ".one" / "one_key"
    try:
        key.parent.mkdir(mode=0o700, exist_ok=True)
        if not key.exists():
            write_private(key, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        key.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused("Could not load nebula master key file.") from error
    log.info("Checking database version.")
    store = Store(vector(config, "DB"), VAR)
    solo = vector(config, "FEDERATION").get("SERVER_ID", "-1") == "-1"
    with store.transaction():
        if not store.bootstrapped():
            demand(solo, "Database has to be bootstraped to start oned in HA")
            log.info("Bootstrapping OpenNebula database, stage 1.")
            store.create_tables(KINDS)
    demand(solo, "A zone of several servers is not re-enacted")
    return store


def populate(call: Call, config: Template) -> None:
    """Give an empty cloud what it is born with; its first user is the one of one_auth."""
    if call.store.get("user", 0) is not None:
        return
    try:
        name, _, password = one_auth().partition(":")
    except NoCredentials as error:
        raise Refused(f"Error reading one_auth: {error}") from error
    demand(name and password, "Wrong format must be <username>:<password>")
    demand(name != SERVER_NAME, f"The name '{SERVER_NAME}' is reserved")
    endpoint = vector(config, "FEDERATION").get("MASTER_ONED")
    others.populate(call, endpoint or f"http://localhost:{first(config, 'PORT', '2633')}/RPC2")
    new_user, random = METHODS["one.user.allocate"][1], secrets.token_hex(16)
    new_user(call, name, password, "core", [0])
    new_user(call, SERVER_NAME, digest(random), "server_cipher", [0])
    for path in (VAR / ".one" / file for file in SERVICE_FILES):
        # Those before the one that is in the way have been written by then, and stay.
        there = f"Password file {path} already exists but OpenNebula is boostraping the database."
        demand(not path.exists(), f"{there} Check your database configuration in oned.conf.")
        write_private(path, f"{SERVER_NAME}:{random}\n")


def serve(config: Template, store: Store) -> None:
    """Users, onemonitord, API, until SIGTERM or SIGINT. Raises Refused."""
    monitoring = Monitoring(store, [sys.executable, str(MADS / "onemonitord"), "-c", "monitord.conf"])
    with store.transaction():
        populate(Call(store, {"ID": 0, "GID": 0, "GROUPS": [0]}), config)
    address = first(config, "LISTEN_ADDRESS", "0.0.0.0"), int(first(config, "PORT", "2633"))
    try:
        server = Server(address, store)
    except OSError as error:
        raise Refused(f"Could not start the Request Manager: {error}") from error
    monitoring.start()
    log.info("Starting Request Manager, port %s", address[1])
    with server:
        # A signal ends the accept loop by an exception: shutdown() would wait for the loop it interrupts.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        try:
            server.serve_forever(poll_interval=0.5)
        finally:
            log.info("Stopping OpenNebula daemon.")
            monitoring.stop()
            log.info("All modules finalized, exiting.")


def run(serving: bool) -> int:
    quiet = False
    try:
        config = load_config()
        store = prepare(config)
        if serving:
            quiet = vector(config, "LOG").get("SYSTEM", "file").lower() != "std"
            serve(config, store)
        return 0
    except (Refused, DatabaseAway, OSError) as error:
        log.error("%s", error)
        if not quiet:
            print(error, file=sys.stderr)
        return 255


def main(arguments: list[str]) -> int:
    if arguments == ["-i"]:
        run(serving=False)
        return 0
    if arguments != ["-f"]:
        print("Usage: oned -f | -i (the stand-in does not go into the background)", file=sys.stderr)
        return 255
    try:
        os.close(os.open(LOCK, os.O_CREAT | os.O_EXCL, 0o640))
    except OSError:
        print(f"Error: Cannot start oned, opening lock file {LOCK}", file=sys.stderr)
        return 255
    try:
        os.chdir(VAR)
        return run(serving=True)
    finally:
        LOCK.unlink(missing_ok=True)
