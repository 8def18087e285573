# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a network can be reached from this machine. Errors are told in the system's words; nothing means it works."""

from __future__ import annotations

import contextlib
import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 5.0  # seconds
# a single datagram may be lost on a busy network, and that is no fault
COPIES = 3


def _told(error: OSError) -> str:
    return "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)


def resolve(name: str) -> dict[str, Any]:
    """The addresses of a name, or why it has none."""
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return {"addresses": [], "problem": _told(error)}
    return {"addresses": sorted({str(entry[4][0]) for entry in entries}), "problem": ""}


def tcp(address: str, port: int, message: str = "") -> str:
    """Why a connection fails; the message is sent over one that works."""
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT) as connection:
            connection.sendall(message.encode())
    except OSError as error:
        return _told(error)
    return ""


def udp(address: str, port: int, message: str) -> str:
    """Why datagrams cannot be sent, as far as that shows: those that are lost on the way do not tell."""
    try:
        family, kind, protocol, _name, target = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as sender:
            sender.connect(target)
            for _copy in range(COPIES):
                sender.send(message.encode())
    except OSError as error:
        return _told(error)
    return ""


def http(url: str) -> str:
    """Why nothing answers at a URL; any answer of HTTP will do, a refusal as well."""
    try:
        parts = urlsplit(url)
        kind = {"http": HTTPConnection, "https": HTTPSConnection}.get(parts.scheme)
        if kind is None or not parts.hostname:
            return f"{url} is no URL of HTTP"
        connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        with contextlib.closing(connection):
            connection.request("GET", parts.path or "/")
            connection.getresponse()
    except OSError as error:
        return _told(error)
    except (HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
