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
import secrets
import signal
import socket
import sys
from pathlib import Path

import clusters
import groups
import hosts  # noqa: F401 - registers its methods
import users
from api import Cloud, digest
from monitoring import Monitoring
from paths import ETC, LOCK, MADS, VAR, one_auth, start_log
from server import Server
from store import DatabaseAway, Store
from template import ParseError, Template, first, parse, to_text, vector

log = logging.getLogger("ONE")

SERVER_NAME = "serveradmin"
SERVICE_FILES = ("sunstone_auth", "onegate_auth", "oneflow_auth")
SOLO, LEADER = 0, 3


class Refused(Exception):
    """oned does not start; the text is its own."""


def load_config() -> Template:
    try:
        config = parse((ETC / "oned.conf").read_text(encoding="utf-8"))
    except (OSError, ParseError) as error:
        print(f"Error while parsing configuration file:\n{error}", file=sys.stderr)
        raise Refused("Could not load nebula configuration file.") from error
    return config


def load_key() -> None:
    """Create the master key if there is none; an unreadable one stops oned."""
    path = VAR / ".one" / "one_key"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists():
            path.read_text(encoding="utf-8")
        else:
            write_private(path, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    except OSError as error:
        raise Refused("Could not load nebula master key file.") from error


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


def bootstrap_database(store: Store, solo: bool) -> None:
    """Create the tables of an empty database, without any user yet."""
    with store.transaction():
        if store.has_tables():
            return
        if not solo:
            raise Refused("Database has to be bootstraped to start oned in HA")
        log.info("Bootstrapping OpenNebula database, stage 1.")
        store.create_tables()


def bootstrap_users(cloud: Cloud, endpoint: str) -> None:
    """The first user, taken from one_auth, and serveradmin, whose password goes into the service files."""
    store = cloud.store
    with store.transaction():
        if store.get("zone", 0) is None:
            groups.bootstrap_groups(store)
            clusters.bootstrap_clusters(cloud, endpoint)
    with store.transaction():
        if store.get("user", 0) is not None:
            return
        name, colon, password = read_one_auth().partition(":")
        if not (name and colon and password):
            raise Refused("Wrong format must be <username>:<password>")
        if name == SERVER_NAME:
            raise Refused(f"The name '{SERVER_NAME}' is reserved")
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
        users.new_user(store, name, password, users.CORE, [0])
        users.new_user(store, SERVER_NAME, digest(random), users.SERVER_CIPHER, [0])


def read_one_auth() -> str:
    try:
        return one_auth()
    except RuntimeError as error:
        raise Refused(f"Error reading one_auth: {error}") from error


def raft_status(store: Store, server_id: int) -> dict[str, int]:
    """Alone, or the leader of a zone with this one server; a zone of several is not re-enacted."""
    leader = server_id >= 0
    if leader:
        with store.transaction():
            zone = store.get("zone", 0)
        if zone is None or [server["ID"] for server in zone["SERVERS"]] != [server_id]:
            raise Refused(f"Server {server_id} is not the only server of its zone")
    return {
        "SERVER_ID": server_id,
        "STATE": LEADER if leader else SOLO,
        "TERM": int(leader),
        "VOTEDFOR": 0 if leader else -1,
        "COMMIT": 0,
        "LOG_INDEX": 0 if leader else -1,
        "LOG_TERM": 0 if leader else -1,
        "FEDLOG_INDEX": -1,
    }


def open_store(config: Template) -> Store:
    db = {"BACKEND": "sqlite", **vector(config, "DB")}
    if db["BACKEND"] not in ("sqlite", "mysql"):
        raise Refused("DB BACKEND must be sqlite or mysql.")
    store = Store(db, VAR)
    try:
        store.connect()
    except DatabaseAway as error:
        raise Refused(str(error)) from error
    return store


def prepare() -> tuple[Template, Store, int]:
    """Everything up to the tables. Raises Refused."""
    config = load_config()
    # Where it cannot be written the real one goes on as well.
    with contextlib.suppress(OSError):
        (VAR / "config").write_text(to_text(config) + "\n", encoding="utf-8")
    start_log(vector(config, "LOG").get("SYSTEM", "file"), "oned.log")
    log.info("Starting OpenNebula %s (stand-in of the test lab)\n%s", clusters.VERSION, to_text(config))
    log.info("Using hostname: %s", first(config, "HOSTNAME") or socket.gethostname())
    load_key()
    log.info("Checking database version.")
    store = open_store(config)
    server_id = int(vector(config, "FEDERATION").get("SERVER_ID") or -1)
    bootstrap_database(store, solo=server_id == -1)
    return config, store, server_id


def serve(config: Template, store: Store, server_id: int) -> None:
    """Users, onemonitord, API, until SIGTERM or SIGINT. Raises Refused."""
    port = int(first(config, "PORT", "2633"))
    monitoring = Monitoring(store, [sys.executable, str(MADS / "onemonitord"), "-c", "monitord.conf"])
    cloud = Cloud(store, config, monitoring, {})
    endpoint = vector(config, "FEDERATION").get("MASTER_ONED") or f"http://localhost:{port}/RPC2"
    bootstrap_users(cloud, endpoint)
    read_one_auth()
    cloud.raft = raft_status(store, server_id)
    try:
        server = Server((first(config, "LISTEN_ADDRESS", "0.0.0.0"), port), cloud)
    except OSError as error:
        raise Refused(f"Could not start the Request Manager: {error}") from error
    monitoring.start()
    log.info("Starting Request Manager, port %s", port)
    with server:
        # A signal ends the accept loop through an exception: shutdown() would wait for the loop it interrupts.
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
        config, store, server_id = prepare()
        if initialise_only:
            return 0
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
    if arguments not in ([], ["-f"]):
        print("Usage: oned [-h] [-v] [-f] [-i]", file=sys.stderr)
        return 255
    try:
        os.close(os.open(LOCK, os.O_CREAT | os.O_EXCL, 0o640))
    except OSError:
        print(f"Error: Cannot start oned, opening lock file {LOCK}", file=sys.stderr)
        return 255
    if not arguments and os.fork():
        os._exit(0)
    try:
        os.chdir(VAR)
        return run(initialise_only=False)
    finally:
        LOCK.unlink(missing_ok=True)
