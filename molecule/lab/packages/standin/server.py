# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""XML-RPC over HTTP as xmlrpc-c's Abyss server does it: every connection is closed after one answer."""

from __future__ import annotations

import logging
import socketserver
import xmlrpc.client
from http.server import BaseHTTPRequestHandler
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault

import engine
from store import Store

log = logging.getLogger("ReM")


def answer(store: Store, name: str, values: list[Any]) -> Any:
    """oned's answer, or that of the methods of xmlrpc-c that are of use. Raises Fault."""
    if name == "system.listMethods":
        return ["system.listMethods", "system.multicall", *engine.METHODS]
    if name != "system.multicall":
        return engine.answer(store, name, values)
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
    """One request a connection, whatever the client asks for."""

    server: Server
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
            if name is None:
                raise ValueError("There is no methodCall element.")
        except (ExpatError, xmlrpc.client.Error, ValueError) as error:
            return Fault(-503, f"Call XML not a proper XML-RPC call.  Call is not valid XML.  {error}")
        try:
            return (answer(self.server.store, name, list(values)),)
        except Fault as fault:
            return fault
        except Exception as error:
            log.exception("%s failed", name)
            return Fault(-500, f"Unexpected error executing code for particular method.  {error}")

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are logged by the engine, without their parameters: those hold passwords."""


class Server(socketserver.ThreadingTCPServer):
    """oned's port."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        self.store = store
        super().__init__(address, Handler)
