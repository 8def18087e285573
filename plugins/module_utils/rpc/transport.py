# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one XML-RPC body to oned and returns the answer, over HTTP or HTTPS with the standard library.

oned closes every connection after one answer, whatever the client requests, so each call opens a connection.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Protocol
from urllib.parse import urlsplit

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, SetupError, Unreachable

HEADERS = {"Content-Type": "text/xml", "User-Agent": "kubenebula.opennebula"}
CONNECT_TIMEOUT = 10.0
# By error number of OpenSSL (X509_V_ERR_...).
_ADVICE = {
    9: "is the clock of this host right?",
    10: "it has to be renewed",
    62: "give in api_url a name that it bears",
    64: "give in api_url an address that it bears",
}
# The beginning of every answer of oned's web server.
_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse'


class Transport(Protocol):
    """post() may be called from several threads at once. It raises Unreachable or NoAnswer, nothing else."""

    place: str

    def post(self, body: bytes, timeout: float) -> bytes: ...


def looks_like_xmlrpc(answer: bytes) -> bool:
    return b"<methodResponse" in answer[:512]


class HttpTransport:
    """oned at `api_url`, or a proxy in front of it.

    validate_certs, ca_cert: for https. ca_cert is the path of PEM certificates that replace the system's.
    """

    def __init__(self, url: str, *, validate_certs: bool = True, ca_cert: str | None = None) -> None:
        if "@" in url.partition("://")[2].partition("/")[0]:
            raise SetupError("api_url holds a user or a password: give them as api_username and api_password")
        try:
            parts = urlsplit(url)
            host, port, known = parts.hostname, parts.port, parts.scheme in ("http", "https")
        except ValueError:
            host, port, known = None, None, False
        if not known or not host or not url.isascii() or not url.isprintable() or " " in url:
            raise SetupError(f"api_url {url!r} is not an address such as http://one.example.org:2633/RPC2")
        self.place = url
        self._host, self._port = host, port
        self._path = parts.path if parts.path not in ("", "/") else "/RPC2"
        self._tls = _tls_context(validate_certs, ca_cert) if parts.scheme == "https" else None

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT)
        return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_TIMEOUT, context=self._tls)

    def post(self, body: bytes, timeout: float) -> bytes:
        connection = self._connection()
        connection.timeout = min(timeout, CONNECT_TIMEOUT)
        try:
            self._connect(connection)
            status, answer = exchange(connection, self._path, body, self.place, timeout)
        finally:
            connection.close()
        return checked(self.place, status, answer)

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message.rstrip(".")
            advice = _ADVICE.get(error.verify_code, "give the signing certificate as ca_cert")
            raise Unreachable(f"the certificate of {self.place} is not trusted ({reason}): {advice}") from error
        except ssl.SSLError as error:
            raise Unreachable(
                f"{self.place} does not speak TLS ({error.reason}): is it http:// rather than https://?"
            ) from error
        except socket.gaierror as error:
            raise Unreachable(f"the name {self._host} in api_url does not resolve ({error.strerror})") from error
        except ConnectionRefusedError as error:
            raise Unreachable(f"{self.place} refuses connections: is oned running?", passing=True) from error
        except TimeoutError as error:
            raise Unreachable(
                f"{self.place} cannot be reached (no connection within {connection.timeout:g} s)", passing=True
            ) from error
        except OSError as error:
            raise Unreachable(f"{self.place} cannot be reached ({error.strerror or error})") from error


def exchange(
    connection: http.client.HTTPConnection, path: str, body: bytes, place: str, timeout: float
) -> tuple[int, bytes]:
    """POST over an open connection. Returns HTTP status and body. Raises NoAnswer, because oned may have read it."""
    connection.sock.settimeout(timeout)
    try:
        connection.request("POST", path, body, HEADERS)
        response = connection.getresponse()
        return response.status, response.read()
    except TimeoutError as error:
        raise NoAnswer(f"{place} gave no answer within {timeout:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise NoAnswer(f"{place} closed the connection without an answer ({reason})") from error


def checked(place: str, status: int, answer: bytes) -> bytes:
    """The answer, if it is XML-RPC. Raises Unreachable or NoAnswer, which say what answered instead."""
    if status == 200 and looks_like_xmlrpc(answer):
        return answer
    if status >= 500:
        # Proxies answer so too if the connection broke after oned had read the call.
        raise NoAnswer(f"{place} answers HTTP {status}: something in between got no answer from oned")
    if status == 200 and _BEGINNING.startswith(answer[: len(_BEGINNING)]):
        raise NoAnswer(f"the answer of {place} is cut off")
    hint = "is this oned's XML-RPC address (usually port 2633, path /RPC2)?"
    if status != 200:
        raise Unreachable(f"{place} answers HTTP {status}: {hint}")
    kind = "HTML" if b"<html" in answer[:2048].lower() else "something else"
    raise Unreachable(f"{place} answers with {kind} instead of XML-RPC: {hint}")


def _tls_context(validate_certs: bool, ca_cert: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_cert)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(f"ca_cert {ca_cert} cannot be read: {error}") from error
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
