# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be reached from this host. Problems are the system's messages, empty if there is none."""

from __future__ import annotations

import contextlib
import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 5.0  # seconds
# On a busy network, losing a single datagram is normal.
COPIES = 3


def _message(error: OSError) -> str:
    return "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)


def resolve(name: str) -> dict[str, Any]:
    """The addresses of a name, or the problem."""
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return {"addresses": [], "problem": _message(error)}
    return {"addresses": sorted({str(entry[4][0]) for entry in entries}), "problem": ""}


def tcp(address: str, port: int, message: str = "") -> str:
    """Why a connection fails. message: sent over the connection."""
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT) as connection:
            connection.sendall(message.encode())
    except OSError as error:
        return _message(error)
    return ""


def udp(address: str, port: int, message: str) -> str:
    """Why datagrams cannot be sent. Datagrams that are lost on the way go unnoticed."""
    try:
        family, kind, protocol, _name, target = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as sender:
            sender.connect(target)
            for _copy in range(COPIES):
                sender.send(message.encode())
    except OSError as error:
        return _message(error)
    return ""


def http(url: str) -> str:
    """Why nothing answers at a URL. Any HTTP response counts as an answer, an error too."""
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
        return _message(error)
    except (HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
