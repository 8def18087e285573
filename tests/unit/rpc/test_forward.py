# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Port-forwards to a pod of the release, where the service proxy is not granted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import forward, kube
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client, RetryLimits
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError, Unreachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import Transport
from api_server import ApiServer, pod, serve
from kube_cases import kubeconfig
from oned_model import Clock, Oned

LABELS = "app.kubernetes.io/instance=cloud,app.kubernetes.io/component=oned"
TUNNEL = "cloud-oned-0:2633 Bearer t0ken"
GOOD = b"<?xml version='1.0'?><methodResponse/>"


def transport(folder: Path, server: ApiServer) -> Transport:
    """As a module makes it, with no api_url."""
    params = {"api_url": None, "kubeconfig": kubeconfig(folder, server.url), "kube_context": None}
    return options.transport(
        {**params, "validate_certs": True, "ca_cert": None, "namespace": "one", "release": "cloud"}
    )


def post(folder: Path, server: ApiServer, timeout: float = 5) -> bytes:
    with serve(server):
        return transport(folder, server).post(b"<x/>", timeout)


def test_the_service_proxy_is_used_where_it_is_granted(tmp_path: Path) -> None:
    server = ApiServer(lambda _body: GOOD, proxy=200)
    assert post(tmp_path, server) == GOOD
    assert server.seen == ["proxy"]


def test_a_forbidden_proxy_is_asked_once_and_the_pod_looked_up_once(tmp_path: Path) -> None:
    oned = Oned()
    oned.add("kvm1")
    server = ApiServer(oned.answer)
    with serve(server):
        client = Client(transport(tmp_path, server), "oneadmin", "secret")
        for _number in range(3):
            assert "<NAME>kvm1</NAME>" in client.read("one.hostpool.info")
    assert server.seen == ["proxy", LABELS, TUNNEL, TUNNEL, TUNNEL]
    assert client.transport.place.startswith("oned of release cloud in namespace one (by port-forward through http://")


def test_few_are_open_at_once(tmp_path: Path) -> None:
    def slow(_body: bytes) -> bytes:
        time.sleep(0.05)
        return GOOD

    server = ApiServer(slow)
    with serve(server), ThreadPoolExecutor(12) as pool:
        way = transport(tmp_path, server)
        answers = list(pool.map(lambda _number: way.post(b"<x/>", 10), range(24)))
    assert answers == [GOOD] * 24
    assert 1 < server.peak <= forward.AT_ONCE


def test_a_call_that_gets_no_turn_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "AT_ONCE", 0)
    with pytest.raises(Unreachable, match=r"is busy: no turn within 0.1 s") as caught:
        post(tmp_path, ApiServer(lambda _body: GOOD), timeout=0.1)
    assert caught.value.passing


def test_big_bodies_pass_whole(tmp_path: Path) -> None:
    body, answer = b"a" * 3_000_000, GOOD + b"b" * 3_000_000
    got: list[bytes] = []
    server = ApiServer(lambda sent: got.append(sent) or answer)  # type: ignore[func-returns-value]
    with serve(server):
        assert transport(tmp_path, server).post(body, 20) == answer
    assert got == [body]


@pytest.mark.parametrize(
    ("pods", "reason", "passing"),
    [
        ([], "there is no pod of release cloud in namespace one: check namespace and release", False),
        ([pod("a", ready=False)], "no oned pod of release cloud in namespace one is ready", True),
        ([pod("a", deletionTimestamp="2026-11-22T19:00:00Z")], "no oned pod of release cloud", True),
        ([{"metadata": {"name": "a"}, "status": {}}], "no oned pod of release cloud", True),
    ],
)
def test_only_a_ready_pod_will_do(
    tmp_path: Path, pods: Sequence[dict[str, object]], reason: str, passing: bool
) -> None:
    with pytest.raises(Unreachable, match=reason) as caught:
        post(tmp_path, ApiServer(lambda _body: GOOD, pods=list(pods)))
    assert caught.value.passing is passing


def test_the_ready_one_of_several_is_taken(tmp_path: Path) -> None:
    server = ApiServer(lambda _body: GOOD, pods=[pod("cloud-oned-1", ready=False), pod("cloud-oned-2")])
    post(tmp_path, server)
    assert server.seen[-1].startswith("cloud-oned-2:2633 ")


@pytest.mark.parametrize(
    ("refusals", "said"), [({"listing": 403}, "cannot list pods"), ({"forward": 403}, 'cannot get "pods/portforward"')]
)
def test_where_nothing_is_granted_both_permissions_are_named(
    tmp_path: Path, refusals: dict[str, int], said: str
) -> None:
    with pytest.raises(Unreachable) as caught:
        post(tmp_path, ApiServer(lambda _body: GOOD, **refusals))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "the kubeconfig's user may reach oned neither through the service proxy nor by port-forward "
        f"(cannot create services/proxy; {said}): allow create on services/proxy, or list on pods with get and "
        "create on pods/portforward, in namespace one; or give api_url"
    )
    assert not caught.value.passing


@pytest.mark.parametrize(
    ("failures", "reason", "passing"),
    [
        ({"listing": 401}, r"does not accept the kubeconfig's credentials \(401\)", False),
        ({"forward": 401}, r"does not accept the kubeconfig's credentials \(401\)", False),
        ({"listing": 500}, "no port-forward through the API server http.*: HTTP 500: cannot list pods", True),
        ({"forward": 404}, "no port-forward through the API server http.*: HTTP 404: cannot get", True),
        (
            {"error": "dial tcp4 127.0.0.1:2633: connect: connection refused"},
            "oned does not listen in pod cloud-",
            True,
        ),
    ],
)
def test_what_was_never_sent_is_reported_as_such(
    tmp_path: Path, failures: dict[str, int], reason: str, passing: bool
) -> None:
    with pytest.raises(Unreachable, match=reason) as caught:
        post(tmp_path, ApiServer(lambda _body: GOOD, **failures))  # type: ignore[arg-type]
    assert caught.value.passing is passing


def test_silence_and_cut_connections_are_no_answer(tmp_path: Path) -> None:
    def slow(_body: bytes) -> bytes:
        time.sleep(0.5)
        return GOOD

    with pytest.raises(NoAnswer, match=r"by port-forward through .* gave no answer within 0.2 s"):
        post(tmp_path, ApiServer(slow), timeout=0.2)
    with pytest.raises(NoAnswer, match="closed the connection without an answer"):
        post(tmp_path, ApiServer(lambda _body: None))
    with pytest.raises(NoAnswer, match="closed the connection without an answer"):
        post(tmp_path, ApiServer(lambda _body: GOOD, error="broken pipe"))


def test_something_else_on_the_port_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="answers with HTML instead of XML-RPC"):
        post(tmp_path, ApiServer(lambda _body: b"<html>Sunstone</html>"))


def test_another_pod_is_looked_for_when_the_known_one_has_gone(tmp_path: Path) -> None:
    oned, clock = Oned(), Clock()
    server = ApiServer(oned.answer)
    with serve(server):
        client = Client(transport(tmp_path, server), "oneadmin", "secret", clock=clock, sleep=clock.sleep)
        client.read("one.hostpool.info")
        server.forward, server.pods = 404, [pod("cloud-oned-1")]

        def back(seconds: float) -> None:
            server.forward = 101
            clock.sleep(seconds)

        client.sleep = back
        client.read("one.hostpool.info")
    assert [seen.split(":")[0] for seen in server.seen[3:]] == ["cloud-oned-0", LABELS, "cloud-oned-1"]


def test_an_api_server_that_goes_away_passes_by(tmp_path: Path) -> None:
    server = ApiServer(lambda _body: GOOD)
    with serve(server):
        way = transport(tmp_path, server)
        way.post(b"<x/>", 5)
    with pytest.raises(Unreachable, match="no port-forward through the API server") as caught:
        way.post(b"<x/>", 5)
    assert caught.value.passing


def test_a_handshake_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import kubernetes.stream

    monkeypatch.setattr(kubernetes.stream, "portforward", lambda *_args, **_more: time.sleep(1))
    with pytest.raises(Unreachable, match=r"no port-forward to pod cloud-oned-0 within 0.1 s"):
        post(tmp_path, ApiServer(lambda _body: GOOD), timeout=0.1)


def test_a_module_gives_up_at_once_when_nothing_is_granted(tmp_path: Path) -> None:
    clock = Clock()
    server = ApiServer(lambda _body: GOOD, listing=403)
    with serve(server):
        client = Client(transport(tmp_path, server), "a", "b", 5, RetryLimits(), clock=clock, sleep=clock.sleep)
        with pytest.raises(OnedError, match="neither through the service proxy"):
            client.read("one.hostpool.info")
    assert clock.now == 0


def test_the_port_is_the_proxys() -> None:
    assert forward.PORT == kube.PORT == 2633
