# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""XML-RPC over HTTP as xmlrpc-c's Abyss server does it: every connection is closed after one answer."""

from __future__ import annotations

import logging
import socketserver
import xmlrpc.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault

import api

log = logging.getLogger("ReM")

SIGNATURES = {"s": "string", "i": "int", "b": "int", "A": "array"}


def documented(values: list[Any]) -> api.Method:
    (name,) = api.checked("s", values)
    if name not in api.METHODS:
        raise Fault(-506, f"Method '{name}' does not exist")
    return api.METHODS[name]


def signature(_cloud: api.Cloud, values: list[Any]) -> list[list[str]]:
    letters, _mark, optional = documented(values).parameters.partition("?")
    # What update takes as a last number is not in its signature, what user.allocate and vmpool.info take is.
    letters += optional.replace("i", "")
    return [["array", "string", *(SIGNATURES[letter] for letter in letters)]]


def multicall(cloud: api.Cloud, values: list[Any]) -> list[Any]:
    """Each item's answer in a list, or its fault as a struct; a malformed item is a fault of the whole."""
    (calls,) = api.checked("A", values)
    answers: list[Any] = []
    for item in calls:
        if not isinstance(item, dict) or not {"methodName", "params"} <= item.keys():
            raise Fault(-501, "An element of the multicall array should be a struct of methodName and params")
        if item["methodName"] == "system.multicall":
            raise Fault(-507, "Recursive system.multicall forbidden")
        try:
            answers.append([answer(cloud, item["methodName"], item["params"])])
        except Fault as fault:
            answers.append({"faultCode": fault.faultCode, "faultString": fault.faultString})
    return answers


# The methods of xmlrpc-c that are of use.
SYSTEM: dict[str, Callable[[api.Cloud, list[Any]], Any]] = {
    "system.listMethods": lambda _cloud, _values: [*SYSTEM, *api.METHODS],
    "system.methodExist": lambda _cloud, values: api.checked("s", values)[0] in {**SYSTEM, **api.METHODS},
    "system.methodHelp": lambda _cloud, values: documented(values).help,
    "system.methodSignature": signature,
    "system.multicall": multicall,
}


def answer(cloud: api.Cloud, name: str, values: list[Any]) -> Any:
    """Raises Fault."""
    return SYSTEM[name](cloud, values) if name in SYSTEM else api.call(cloud, name, values)


class Handler(BaseHTTPRequestHandler):
    """One request a connection, whatever the client asks for."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Xmlrpc-c_Abyss/1.33.14", ""
    timeout = 15

    def reply(self, status: int, kind: str, body: str) -> None:
        encoded = body.encode()
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-type", kind)
        self.send_header("Content-length", str(len(encoded)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(encoded)

    def refuse(self, status: int, reason: str) -> None:
        self.reply(status, "text/html", f"<HTML><BODY>{reason}</BODY></HTML>")

    def do_GET(self) -> None:
        self.refuse(405, "Only POST is allowed here.")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-length") or 0)
        if self.path != "/RPC2":
            self.refuse(404, "Not found.")
        elif length == 0:
            self.refuse(400, "There is no call in this request.")
        else:
            outcome = self.outcome(self.rfile.read(length))
            encoded = xmlrpc.client.dumps(outcome, methodresponse=True, encoding="UTF-8")
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
            return (answer(self.server.cloud, name, list(values)),)
        except Fault as fault:
            return fault
        except Exception as error:
            log.exception("%s failed", name)
            return Fault(-500, f"Unexpected error executing code for particular method.  {error}")

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
