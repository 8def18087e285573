# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP and HTTPS to oned, over loopback."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, SetupError, Unreachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import HttpTransport
from certificates import certificate, serving
from http_server import Answer, serve

GOOD = b'<?xml version="1.0"?>\r\n<methodResponse>\r\n</methodResponse>'
# What oned's web server answers to a wrong path (transcripts, 02_errors.jsonl).
ABYSS = b"<HTML><HEAD><TITLE>Error 404</TITLE></HEAD><BODY><H1>Error 404</H1></BODY></HTML>"


def fixed(status: int, content: bytes, kind: str = "text/xml") -> object:
    return lambda _path, _headers, _body: (status, kind, content)


def good(_path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    return (200, "text/xml", GOOD)


@pytest.mark.parametrize(
    ("path", "sent"), [("", "/RPC2"), ("/", "/RPC2"), ("/RPC2", "/RPC2"), ("/one/api", "/one/api")]
)
def test_the_path_is_oneds_unless_another_is_given(path: str, sent: str) -> None:
    with serve(good) as site:
        assert HttpTransport(site.url + path).post(b"<x/>", 5) == GOOD
    assert [(path, headers["content-type"]) for path, headers in site.seen] == [(sent, "text/xml")]


@pytest.mark.parametrize("url", ["one.example.org:2633", "ftp://one/RPC2", "http://", "http://one:port/RPC2", ""])
def test_what_is_no_address_is_reported(url: str) -> None:
    with pytest.raises(SetupError, match="is not an address such as"):
        HttpTransport(url)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SetupError, match="api_username and api_password") as caught:
        HttpTransport("http://oneadmin:hidden@one:2633/RPC2")
    assert "hidden" not in str(caught.value)


def test_nobody_listening_passes_by() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/RPC2"
        with pytest.raises(Unreachable, match="refuses connections: is oned running") as caught:
            HttpTransport(url).post(b"", 5)
    assert caught.value.passing


def test_a_name_that_does_not_resolve_is_reported_at_once() -> None:
    with pytest.raises(Unreachable, match=r"the name one\.invalid in api_url does not resolve") as caught:
        HttpTransport("http://one.invalid:2633/RPC2").post(b"", 5)
    assert not caught.value.passing


def test_an_address_nobody_has_is_not_waited_for_longer_than_the_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _backlog in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        with pytest.raises((Unreachable, NoAnswer), match=r"no connection within 0.2 s|no answer within 0.2 s"):
            HttpTransport(f"http://127.0.0.1:{port}/RPC2").post(b"", 0.2)
        for filler in fillers:
            filler.close()


def test_silence_is_no_answer() -> None:
    def slow(path: str, headers: dict[str, str], body: bytes) -> Answer:
        time.sleep(0.5)
        return good(path, headers, body)

    with serve(slow) as site, pytest.raises(NoAnswer, match=r"gave no answer within 0.1 s"):
        HttpTransport(site.url).post(b"", 0.1)


def test_a_closed_connection_is_no_answer() -> None:
    with serve(lambda *_: None) as site, pytest.raises(NoAnswer, match="closed the connection without an answer"):
        HttpTransport(site.url).post(b"", 5)


@pytest.mark.parametrize(
    ("status", "content", "kind", "reason", "passing"),
    [
        (404, ABYSS, Unreachable, r"HTTP 404: is this oned's XML-RPC address \(usually port 2633, path /RPC2\)", False),
        (405, b"", Unreachable, "HTTP 405: is this oned's", False),
        (200, b"<!doctype html>\n<html><body>Login</body></html>", Unreachable, "with HTML instead of XML-RPC", False),
        (200, b'{"a": 1}', Unreachable, "with something else instead of XML-RPC", False),
        (500, b"", NoAnswer, "HTTP 500: something in between got no answer from oned", None),
        (502, b"", NoAnswer, "HTTP 502", None),
        (503, b"", NoAnswer, "HTTP 503", None),
        (504, b"", NoAnswer, "HTTP 504", None),
        (200, b"", NoAnswer, "the answer of http://.* is cut off", None),
        (200, b"<?xml version", NoAnswer, "the answer of http://.* is cut off", None),
    ],
)
def test_answers_that_are_not_oneds(
    status: int, content: bytes, kind: type[Exception], reason: str, passing: bool | None
) -> None:
    with serve(fixed(status, content)) as site, pytest.raises(kind, match=reason) as caught:  # type: ignore[arg-type]
        HttpTransport(site.url).post(b"", 5)
    assert getattr(caught.value, "passing", None) is passing


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    path = certificate(tmp_path / "oned.pem")
    with serve(good, serving(path)) as site:
        with pytest.raises(Unreachable, match=r"is not trusted \(.*\): give the signing certificate as ca_cert"):
            HttpTransport(site.url).post(b"", 5)
        assert HttpTransport(site.url, ca_cert=str(path)).post(b"", 5) == GOOD
        assert HttpTransport(site.url, validate_certs=False).post(b"", 5) == GOOD


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"address": "127.0.0.2"}, "give in api_url an address that it bears"),
        ({"ends": timedelta(hours=-1)}, "it has to be renewed"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_reported(tmp_path: Path, given: dict[str, Any], advice: str) -> None:
    path = certificate(tmp_path / "oned.pem", **given)
    with serve(good, serving(path)) as site, pytest.raises(Unreachable, match=f"is not trusted .*: {advice}"):
        HttpTransport(site.url, ca_cert=str(path)).post(b"", 5)


def test_https_to_a_plain_port_is_reported() -> None:
    with serve(good) as site, pytest.raises(Unreachable, match="does not speak TLS"):
        HttpTransport(site.url.replace("http://", "https://")).post(b"", 5)


def test_a_ca_cert_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"ca_cert .*missing.pem cannot be read"):
        HttpTransport("https://one/RPC2", ca_cert=str(tmp_path / "missing.pem"))
