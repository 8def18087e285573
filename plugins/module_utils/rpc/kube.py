# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends XML-RPC to oned through the API server's service proxy, so that oned need not be exposed.

The TLS connections to the API server are pooled. Needs the Python library `kubernetes`, and permission to
`create` on `services/proxy` in the namespace. Without that permission, forward.py may work.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, SetupError, Unreachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import (
    CONNECT_TIMEOUT,
    HEADERS,
    looks_like_xmlrpc,
)

PORT = 2633
POOL = 8
IN_CLUSTER_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
# Messages of the API server if the call did not reach oned. After any other (EOF, reset) it may have.
_NEVER_SENT = ("no endpoints available", "connection refused", "no route to host", "i/o timeout while dialing")


def configuration(kubeconfig: str | None, context: str | None) -> Any:
    """A kubernetes.client.Configuration from a kubeconfig, or from the pod's own service account.

    Raises SetupError if the library is missing or no usable configuration is found.
    """
    try:
        import kubernetes.client
        import kubernetes.config
    except ImportError as error:
        raise SetupError(
            "reaching oned through the Kubernetes API needs the Python library kubernetes "
            f"(pip install kubernetes) where this module runs: {error}; or give api_url"
        ) from error
    target = kubernetes.client.Configuration()
    paths = kubeconfig or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    readable = any(Path(path).expanduser().exists() for path in paths.split(os.pathsep) if path)
    try:
        if not readable and not kubeconfig and not context and IN_CLUSTER_TOKEN.exists():
            kubernetes.config.load_incluster_config(client_configuration=target)
        elif not readable:
            raise SetupError(f"there is no kubeconfig at {paths}: give kubeconfig, or api_url to reach oned directly")
        else:
            kubernetes.config.load_kube_config(
                config_file=paths, context=context, client_configuration=target, persist_config=False
            )
    except SetupError:
        raise
    except Exception as error:  # the library passes on any exception of YAML, file system and exec plugins
        which = f" (context {context})" if context else ""
        raise SetupError(f"the kubeconfig {paths}{which} cannot be used: {' '.join(str(error).split())}") from error
    target.connection_pool_maxsize = POOL
    return target


class Forbidden(Unreachable):
    """The API server, not oned, refused the call: nothing was sent. said: the message of the API server."""

    def __init__(self, message: str, said: str) -> None:
        self.said = said
        super().__init__(message)


class KubeTransport:
    """oned behind `services/<service>:2633/proxy` of `namespace`."""

    def __init__(self, config: Any, *, namespace: str, service: str) -> None:
        import kubernetes.client

        self.place = f"Service {service} in namespace {namespace} (through {config.host})"
        self._service, self._namespace, self._config = service, namespace, config
        self._url = f"{config.host}/api/v1/namespaces/{namespace}/services/{service}:{PORT}/proxy/RPC2"
        self._pool = kubernetes.client.ApiClient(config).rest_client.pool_manager

    def _headers(self) -> dict[str, str]:
        # Read for each call: exec plugins and service accounts renew their tokens.
        headers = dict(HEADERS)
        for auth in self._config.auth_settings().values():
            if auth["in"] == "header" and auth["value"]:
                headers[auth["key"]] = auth["value"]
        return headers

    def post(self, body: bytes, timeout: float) -> bytes:
        import urllib3.exceptions as problems
        from urllib3 import Timeout

        # retries=False: client.py decides which calls are repeated
        limits = Timeout(connect=min(timeout, CONNECT_TIMEOUT), read=timeout)
        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=self._headers(), timeout=limits, retries=False
            )
        except (problems.NewConnectionError, problems.ConnectTimeoutError) as error:
            raise Unreachable(f"the API server {self._config.host} cannot be reached: {error}", passing=True) from error
        except problems.SSLError as error:
            raise Unreachable(
                f"the certificate of the API server {self._config.host} is not accepted: {error}"
            ) from error
        except problems.ReadTimeoutError as error:
            raise NoAnswer(f"{self.place} gave no answer within {timeout:g} s") from error
        except problems.HTTPError as error:
            raise NoAnswer(
                f"the API server {self._config.host} closed the connection without an answer: {error}"
            ) from error
        answer = bytes(response.data)
        if response.status == 200 and looks_like_xmlrpc(answer):
            return answer
        raise self._explain(response.status, answer)

    def _explain(self, status: int, answer: bytes) -> Unreachable | NoAnswer:
        said = _status_message(answer)
        if status == 401:
            return Unreachable(f"the API server {self._config.host} does not accept the kubeconfig's credentials (401)")
        if status == 403:
            return Forbidden(
                f"the kubeconfig's user may not reach oned through the API server (403: {said or 'forbidden'}): allow "
                f"create on services/proxy in namespace {self._namespace}, or forward port {PORT} and give api_url",
                said or "forbidden",
            )
        if status == 404 and said is not None:
            return Unreachable(
                f"there is no Service {self._service} in namespace {self._namespace} ({said}): "
                "check namespace and release"
            )
        if status == 503 and said is not None and any(words in said for words in _NEVER_SENT):
            return Unreachable(f"no pod answers behind {self.place} ({said})", passing=True)
        if status == 429:
            return Unreachable(f"the API server {self._config.host} is overloaded (429)", passing=True)
        if status in (500, 502, 503, 504):
            return NoAnswer(f"{self.place} gave no answer (HTTP {status}: {said or 'no reason given'})")
        if b"<html" in answer[:2048].lower():
            return Unreachable(
                f"{self.place} answers HTTP {status} with HTML instead of XML-RPC: something else is in between"
            )
        return Unreachable(f"{self.place} answers HTTP {status} and no XML-RPC ({said or 'no reason given'})")


def _status_message(answer: bytes) -> str | None:
    """The message of a Kubernetes Status object; None if the answer is not the API server's own."""
    try:
        status = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return None
    return str(status.get("message") or status.get("reason") or "")
