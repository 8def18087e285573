# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The way through the API server's service proxy, against a fake API server."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import kube
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, SetupError, Unreachable
from http_server import Answer, Behaviour, serve
from kube_cases import kubeconfig, status
from oned_model import Oned

PROXY = "/api/v1/namespaces/one/services/cloud-oned:2633/proxy/RPC2"


def post(folder: Path, behaviour: Behaviour, timeout: float = 5) -> bytes:
    with serve(behaviour) as site:
        config = kube.configuration(kubeconfig(folder, site.url), None)
        return kube.KubeTransport(config, namespace="one", service="cloud-oned").post(b"<x/>", timeout)


def test_calls_go_through_the_service_proxy_with_the_kubeconfigs_token(tmp_path: Path) -> None:
    oned = Oned()
    oned.add("kvm1")
    with serve(lambda _path, _headers, body: (200, "text/xml", oned.answer(body))) as site:
        config = kube.configuration(kubeconfig(tmp_path, site.url), None)
        transport = kube.KubeTransport(config, namespace="one", service="cloud-oned")
        answer = Client(transport, "oneadmin", "secret").read("one.hostpool.info")
    assert "<NAME>kvm1</NAME>" in answer
    path, headers = site.seen[0]
    assert path == PROXY
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["content-type"] == "text/xml"


@pytest.mark.parametrize(
    ("code", "message", "kind", "reason", "passing"),
    [
        (401, "Unauthorized", Unreachable, r"does not accept the kubeconfig's credentials \(401\)", False),
        (403, "cannot create", Unreachable, r"allow create on services/proxy in namespace one, or forward port", False),
        (
            404,
            "not found",
            Unreachable,
            "there is no Service cloud-oned in namespace one .*check namespace and rel",
            False,
        ),
        (503, "no endpoints available for service x", Unreachable, "no pod answers behind Service cloud-oned", True),
        (503, "error trying to reach service: dial tcp: connect: connection refused", Unreachable, "no pod", True),
        (503, "error trying to reach service: EOF", NoAnswer, "gave no answer", None),
        (429, "too many", Unreachable, "is overloaded", True),
        (500, "boom", NoAnswer, "HTTP 500: boom", None),
        (418, "teapot", Unreachable, r"answers HTTP 418 and no XML-RPC \(teapot\)", False),
    ],
)
def test_what_the_api_server_says_is_explained(
    tmp_path: Path, code: int, message: str, kind: type[Exception], reason: str, passing: bool | None
) -> None:
    with pytest.raises(kind, match=reason) as caught:
        post(tmp_path, status(code, message))
    assert getattr(caught.value, "passing", None) is passing


@pytest.mark.parametrize("code", [200, 302, 404])
def test_a_login_page_in_between_is_reported(tmp_path: Path, code: int) -> None:
    with pytest.raises(Unreachable, match=f"answers HTTP {code} with HTML instead of XML-RPC"):
        post(tmp_path, lambda *_: (code, "text/html", b"<!doctype html><html>Login</html>"))


def test_silence_and_closed_connections_are_no_answer(tmp_path: Path) -> None:
    def slow(_path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        time.sleep(0.5)
        return (200, "text/xml", b"")

    with pytest.raises(NoAnswer, match=r"gave no answer within 0.1 s"):
        post(tmp_path, slow, timeout=0.1)
    with pytest.raises(NoAnswer, match="closed the connection without an answer"):
        post(tmp_path, lambda *_: None)


def test_an_api_server_that_is_not_there_passes_by(tmp_path: Path) -> None:
    config = kube.configuration(kubeconfig(tmp_path, "http://127.0.0.1:1"), None)
    with pytest.raises(Unreachable, match=r"the API server http://127.0.0.1:1 cannot be reached") as caught:
        kube.KubeTransport(config, namespace="one", service="x").post(b"", 2)
    assert caught.value.passing


def test_a_missing_library_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(SetupError, match=r"needs the Python library kubernetes \(pip install kubernetes\).*api_url"):
        kube.configuration(kubeconfig(tmp_path, "http://x"), None)


def test_a_missing_kubeconfig_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"there is no kubeconfig at .*/nowhere: give kubeconfig, or api_url"):
        kube.configuration(str(tmp_path / "nowhere"), None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(SetupError, match=r"there is no kubeconfig at .*/\.kube/config"):
        kube.configuration(None, None)


def test_the_environment_names_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, "http://one.example.org:6443"))
    assert kube.configuration(None, None).host == "http://one.example.org:6443"


@pytest.mark.parametrize("content", ["{", "", "kind: Config", "just words"])
def test_a_broken_kubeconfig_is_reported(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    with pytest.raises(SetupError, match=r"the kubeconfig .*/kubeconfig cannot be used: "):
        kube.configuration(str(path), None)


def test_an_unknown_context_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"\(context other\) cannot be used: .*other"):
        kube.configuration(kubeconfig(tmp_path, "http://x"), "other")


def test_a_pod_uses_its_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import kubernetes.config

    token = tmp_path / "token"
    token.write_text("t")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(kube, "IN_CLUSTER_TOKEN", token)

    def load(client_configuration: object) -> None:
        client_configuration.host = "https://10.0.0.1"  # type: ignore[attr-defined]

    monkeypatch.setattr(kubernetes.config, "load_incluster_config", load)
    assert kube.configuration(None, None).host == "https://10.0.0.1"
