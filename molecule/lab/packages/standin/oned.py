# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned's start and stop, with what it refuses (src/nebula/oned.cc, Nebula.cc, src/um/UserPool.cc).

Until the database is there errors go to standard error as well; afterwards, with a log file, only into it.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import accounts
import clusters
from api import Cloud, digest
from monitoring import Monitoring
from paths import ETC, LOCK, MADS, VAR, NoCredentials, one_auth, start_log
from server import Server
from store import DatabaseAway, Store
from template import ParseError, Template, first, masked, parse, to_text, vector

# nothing here calls it: it registers the methods of hosts
importlib.import_module("hosts")

log = logging.getLogger("ONE")

SERVER_NAME = "serveradmin"
SERVICE_FILES = ("sunstone_auth", "onegate_auth", "oneflow_auth")
SOLO, LEADER = 0, 3


class Refused(Exception):
    """oned does not start; the text is its own."""


def load_config() -> Template:
    try:
        return parse((ETC / "oned.conf").read_text(encoding="utf-8"))
    except (OSError, ParseError) as error:
        print(f"Error while parsing configuration file:\n{error}", file=sys.stderr)
        raise Refused("Could not load nebula configuration file.") from error


def load_key() -> None:
    """Create the master key if there is none; an unreadable one stops oned."""
    path = VAR / ".one" / "one_key"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            write_private(path, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused("Could not load nebula master key file.") from error


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


def bootstrap_database(store: Store, solo: bool) -> None:
    """Create the tables of an empty database, without any user yet."""
    with store.transaction():
        if store.version():
            return
        if not solo:
            raise Refused("Database has to be bootstraped to start oned in HA")
        log.info("Bootstrapping OpenNebula database, stage 1.")
        store.create_tables()


def bootstrap_cloud(store: Store, session: str, endpoint: str) -> None:
    """Everything an empty cloud has; its first user is taken from one_auth."""
    with store.transaction():
        if store.get("user", 0) is not None:
            return
        name, _colon, password = session.partition(":")
        if not (name and password):
            raise Refused("Wrong format must be <username>:<password>")
        if name == SERVER_NAME:
            raise Refused(f"The name '{SERVER_NAME}' is reserved")
        random = service_password()
        accounts.bootstrap_groups(store)
        clusters.bootstrap_clusters(store, endpoint)
        accounts.new_user(store, name, password, accounts.CORE, [0])
        accounts.new_user(store, SERVER_NAME, digest(random), accounts.SERVER_CIPHER, [0])


def service_password() -> str:
    """A new password of serveradmin, written to the service files."""
    random = secrets.token_hex(16)
    for file in SERVICE_FILES:
        path = VAR / ".one" / file
        # Those before the one that is in the way have been written by then, and stay.
        if path.exists():
            raise Refused(
                f"Password file {path} already exists but OpenNebula is boostraping the database."
                " Check your database configuration in oned.conf."
            )
        write_private(path, f"{SERVER_NAME}:{random}\n")
    return random


def raft_status(store: Store, server_id: int) -> dict[str, int]:
    """Alone, or the leader of a zone with this one server; a zone of several is not re-enacted."""
    status = {"SERVER_ID": -1, "STATE": SOLO, "TERM": 0, "VOTEDFOR": -1, "COMMIT": 0}
    status |= {"LOG_INDEX": -1, "LOG_TERM": -1, "FEDLOG_INDEX": -1}
    if server_id == -1:
        return status
    with store.transaction():
        zone = store.get("zone", 0)
    if zone is None or [server["ID"] for server in zone["SERVERS"]] != [server_id]:
        raise Refused(f"Server {server_id} is not the only server of its zone")
    elected = {"STATE": LEADER, "TERM": 1, "VOTEDFOR": 0, "LOG_INDEX": 0, "LOG_TERM": 0}
    return status | {"SERVER_ID": server_id} | elected


def prepare(config: Template, server_id: int) -> Store:
    """Everything up to the tables. Raises Refused and DatabaseAway."""
    text = to_text(masked(config))
    # Where it cannot be written the real one goes on as well.
    with contextlib.suppress(OSError):
        (VAR / "config").write_text(text, encoding="utf-8")
    start_log(vector(config, "LOG").get("SYSTEM", "file"), "oned.log")
    log.info("Starting OpenNebula %s (stand-in of the test lab)\n%s", clusters.VERSION, text)
    log.info("Using hostname: %s", first(config, "HOSTNAME") or socket.gethostname())
    load_key()
    log.info("Checking database version.")
    store = Store(vector(config, "DB"), VAR)
    bootstrap_database(store, solo=server_id == -1)
    return store


def serve(config: Template, store: Store, server_id: int) -> None:
    """Users, onemonitord, API, until SIGTERM or SIGINT. Raises Refused."""
    address = first(config, "LISTEN_ADDRESS", "0.0.0.0"), int(first(config, "PORT", "2633"))
    default = f"http://localhost:{address[1]}/RPC2"
    try:
        bootstrap_cloud(store, one_auth(), vector(config, "FEDERATION").get("MASTER_ONED") or default)
    except NoCredentials as error:
        raise Refused(f"Error reading one_auth: {error}") from error
    monitoring = Monitoring(store, [sys.executable, str(MADS / "onemonitord"), "-c", "monitord.conf"])
    try:
        server = Server(address, Cloud(store, config, monitoring, raft_status(store, server_id)))
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


def run(initialise_only: bool) -> int:
    quiet = False
    try:
        config = load_config()
        server_id = int(vector(config, "FEDERATION").get("SERVER_ID") or -1)
        store = prepare(config, server_id)
        if not initialise_only:
            quiet = vector(config, "LOG").get("SYSTEM", "file").lower() != "std"
            serve(config, store, server_id)
    except (Refused, DatabaseAway, OSError) as error:
        log.error("%s", error)
        if not quiet:
            print(error, file=sys.stderr)
        return 0 if initialise_only else 255
    return 0


def main(arguments: list[str]) -> int:
    if arguments == ["-i"]:
        return run(initialise_only=True)
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
        return run(initialise_only=False)
    finally:
        LOCK.unlink(missing_ok=True)
