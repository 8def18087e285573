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

import api

log = logging.getLogger("ReM")

SIGNATURES = {"s": "string", "i": "int", "b": "boolean", "A": "array"}


def introspection(cloud: api.Cloud, name: str, values: list[Any]) -> Any:
    """The system.* methods of xmlrpc-c that are of use. Raises Fault."""
    if name == "system.listMethods":
        return [*SYSTEM, *api.METHODS]
    if name == "system.multicall":
        (calls,) = api.checked("A", values)
        return [one_of_many(cloud, item) for item in calls]
    (wanted,) = api.checked("s", values)
    if name == "system.methodExist":
        return wanted in api.METHODS or wanted in SYSTEM
    if wanted not in api.METHODS:
        raise Fault(-506, f"Method '{wanted}' not defined")
    entry = api.METHODS[wanted]
    if name == "system.methodHelp":
        return entry.help
    return [["array", "string", *(SIGNATURES[letter] for letter in entry.parameters.replace("?", ""))]]


SYSTEM = (
    "system.listMethods",
    "system.methodExist",
    "system.methodHelp",
    "system.methodSignature",
    "system.multicall",
)


def answer(cloud: api.Cloud, name: str, values: list[Any]) -> Any:
    return introspection(cloud, name, values) if name in SYSTEM else api.call(cloud, name, values)


def one_of_many(cloud: api.Cloud, item: dict[str, Any]) -> Any:
    """An item of a multicall: its answer in a list, or its fault as a struct."""
    try:
        return [answer(cloud, item["methodName"], item["params"])]
    except Fault as fault:
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


class Handler(BaseHTTPRequestHandler):
    """One request a connection, whatever the client asks for."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Xmlrpc-c_Abyss/1.33.14", ""
    timeout = 15

    def reply(self, status: int, kind: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-type", kind)
        self.send_header("Content-length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.reply(405, "text/html", b"<HTML><BODY>Only POST is allowed here.</BODY></HTML>")

    def do_POST(self) -> None:
        if self.path != "/RPC2":
            self.reply(404, "text/html", b"<HTML><BODY>Not found.</BODY></HTML>")
            return
        length = int(self.headers.get("Content-length") or 0)
        if length == 0:
            self.reply(400, "text/html", b"<HTML><BODY>There is no call in this request.</BODY></HTML>")
            return
        body = self.rfile.read(length)
        try:
            values, name = xmlrpc.client.loads(body)
        except (ExpatError, xmlrpc.client.Error, ValueError) as error:
            self.answer(Fault(-503, f"Call XML not a proper XML-RPC call.  Call is not valid XML.  {error}"))
            return
        try:
            result = answer(self.server.cloud, str(name), list(values))
        except Fault as fault:
            self.answer(fault)
            return
        except Exception as error:
            log.exception("%s failed", name)
            self.answer(Fault(-500, str(error)))
            return
        self.answer((result,))

    def answer(self, value: tuple[Any] | Fault) -> None:
        encoded = xmlrpc.client.dumps(value, methodresponse=True, encoding="UTF-8")
        # xmlrpc-c writes <i4>; in text "<" is escaped, so only tags match.
        encoded = encoded.replace("<int>", "<i4>").replace("</int>", "</i4>")
        self.reply(200, "text/xml; charset=utf-8", encoded.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are logged in api, without their parameters: those hold passwords."""


class Server(socketserver.ThreadingTCPServer):
    """oned's port."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], cloud: api.Cloud) -> None:
        self.cloud = cloud
        super().__init__(address, Handler)
