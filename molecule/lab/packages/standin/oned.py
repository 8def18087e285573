# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned: its start and stop, with what it refuses (src/nebula/oned.cc, Nebula.cc, src/um/UserPool.cc), and its port.

Until the database is there errors go to standard error as well; afterwards, with a log file, only into it.
"""

import base64
import importlib
import logging
import os
import secrets
import signal
import socketserver
import sys
import xmlrpc.client
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault

import engine
import events
import sessions
from engine import KINDS, METHODS, ONEADMIN, Call, digest
from hosts import Monitoring
from others import BIRTH, VERSION
from paths import ETC, LOCK, MADS, VAR, NoCredentials, one_auth, start_log
from store import DatabaseAway, Store
from template import ParseError, Template, first, parse, vector

# Nothing here calls them: they register their methods.
for module in ("networks", "people", "storage"):
    importlib.import_module(module)

log = logging.getLogger("ONE")

SERVER_NAME = "serveradmin"
SERVICE_FILES = ("sunstone_auth", "onegate_auth", "oneflow_auth")


class Refused(Exception):
    """oned does not start; the text is its own."""


def demand(fine: object, problem: str) -> None:
    if not fine:
        raise Refused(problem)


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


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
    store = Store(config, VAR)
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
    name, _colon, password = one_auth().partition(":")
    demand(name and password, "Wrong format must be <username>:<password>")
    demand(name != SERVER_NAME, f"The name '{SERVER_NAME}' is reserved")
    endpoint = vector(config, "FEDERATION").get("MASTER_ONED")
    endpoint = endpoint or f"http://localhost:{first(config, 'PORT', '2633')}/RPC2"
    zone = {"STATE": 0, "TEMPLATE": {"ENDPOINT": [endpoint]}, "SERVER_POOL": []}
    call.store.insert("zone", {"NAME": "OpenNebula"} | zone)
    random = secrets.token_hex(16)
    users = (name, password, "core", [0]), (SERVER_NAME, digest(random), "server_cipher", [0])
    for method, *values in (*BIRTH, *(("one.user.allocate", *user) for user in users)):
        METHODS[method][1](call, *values)
    for kind in KINDS.values():
        call.store.reserve(kind.name, kind.first_id)
    for path in (VAR / ".one" / file for file in SERVICE_FILES):
        # Those before the one that is in the way have been written by then, and stay.
        there = f"Password file {path} already exists but OpenNebula is boostraping the database."
        demand(not path.exists(), f"{there} Check your database configuration in oned.conf.")
        write_private(path, f"{SERVER_NAME}:{random}\n")


def answer(store: Store, name: str, values: list[Any]) -> Any:
    """oned's answer, or that of the methods of xmlrpc-c that are of use. Raises Fault."""
    if name == "system.listMethods":
        return ["system.listMethods", "system.multicall", *METHODS]
    if name != "system.multicall":
        return sessions.answer(store, name, values)
    answers: list[Any] = []
    for item in engine.checked("A", values)[0]:
        if not isinstance(item, dict) or not {"methodName", "params"} <= item.keys():
            raise Fault(-501, "An element of the multicall array should be a struct of methodName and params")
        if item["methodName"] == name:
            raise Fault(-507, "Recursive system.multicall forbidden")
        try:
            answers.append([answer(store, item["methodName"], item["params"])])
        except Fault as fault:
            answers.append({"faultCode": fault.faultCode, "faultString": fault.faultString})
    return answers


class Handler(BaseHTTPRequestHandler):
    """XML-RPC as xmlrpc-c's Abyss server does it: one request a connection, whatever the client asks for."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Xmlrpc-c_Abyss/1.33.14", ""
    timeout = 15

    def reply(self, status: int, kind: str = "text/html", body: str = "<HTML><BODY>No call.</BODY></HTML>") -> None:
        encoded = body.encode()
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-type", kind)
        self.send_header("Content-length", str(len(encoded)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(encoded)

    def do_GET(self) -> None:
        self.reply(405)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-length") or 0)
        if self.path != "/RPC2" or not length:
            self.reply(400 if self.path == "/RPC2" else 404)
            return
        encoded = xmlrpc.client.dumps(self.outcome(self.rfile.read(length)), methodresponse=True, encoding="UTF-8")
        # xmlrpc-c writes <i4>; in text "<" is escaped, so only tags match.
        encoded = encoded.replace("<int>", "<i4>").replace("</int>", "</i4>")
        self.reply(200, "text/xml; charset=utf-8", encoded)

    def outcome(self, body: bytes) -> tuple[Any] | Fault:
        try:
            values, name = xmlrpc.client.loads(body)
        except (ExpatError, xmlrpc.client.Error, ValueError) as error:
            return Fault(-503, f"Call XML not a proper XML-RPC call.  Call is not valid XML.  {error}")
        try:
            return (answer(self.server.store, str(name), list(values)),)
        except Fault as fault:
            return fault

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are logged by the engine, without their parameters: those hold passwords."""


class Server(socketserver.ThreadingTCPServer):
    """oned's port."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        self.store = store
        super().__init__(address, Handler)


def serve(config: Template, store: Store) -> None:
    """Users, onemonitord, API, until SIGTERM or SIGINT. Raises Refused."""
    monitoring = Monitoring(store, [sys.executable, str(MADS / "onemonitord"), "-c", "monitord.conf"])
    with store.transaction():
        populate(Call(store, ONEADMIN), config)
    address = first(config, "LISTEN_ADDRESS", "0.0.0.0"), int(first(config, "PORT", "2633"))
    try:
        server = Server(address, store)
    except OSError as error:
        raise Refused(f"Could not start the Request Manager: {error}") from error
    monitoring.start()
    events.start(config)
    log.info("Starting Request Manager, port %s", address[1])
    # A signal ends the accept loop by an exception: shutdown() would wait for the loop it interrupts.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        server.serve_forever(poll_interval=0.5)
    finally:
        log.info("Stopping OpenNebula daemon.")
        monitoring.stop()
        log.info("All modules finalized, exiting.")


def main(arguments: list[str]) -> int:
    if arguments != ["-f"]:
        print("Usage: oned -f (the stand-in does not go into the background)", file=sys.stderr)
        return 255
    try:
        os.close(os.open(LOCK, os.O_CREAT | os.O_EXCL, 0o640))
    except OSError:
        print(f"Error: Cannot start oned, opening lock file {LOCK}", file=sys.stderr)
        return 255
    quiet = False
    try:
        config = parse((ETC / "oned.conf").read_text(encoding="utf-8"))
        start_log(vector(config, "LOG").get("SYSTEM", "file"), "oned.log")
        log.info("Starting OpenNebula %s (stand-in of the test lab)", VERSION)
        store = prepare(config)
        quiet = vector(config, "LOG").get("SYSTEM", "file").lower() != "std"
        serve(config, store)
        return 0
    except (Refused, NoCredentials, ParseError, DatabaseAway, OSError) as error:
        log.error("%s", error)
        if not quiet:
            print(error, file=sys.stderr)
        return 255
    finally:
        LOCK.unlink(missing_ok=True)
