# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends XML-RPC to oned through port-forwards, for users who may not use the API server's service proxy.

Each call needs its own port-forward, because oned closes every connection after one answer. That is several times
slower than the service proxy. Needs the Python library `kubernetes`, and permission to `list` on `pods` and to `get`
and `create` on `pods/portforward`: a websocket opens with a GET, for which Kubernetes before 1.35 requires `get`,
and later versions `create` too.
"""

from __future__ import annotations

import http.client
import queue
import re
from threading import Thread
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import Unreachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.kube import PORT, Forbidden, KubeTransport
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import (
    CONNECT_TIMEOUT,
    checked,
    exchange,
)

# More at once are not faster: the API server opens one websocket after the other.
AT_ONCE = 4
_HANDSHAKE = re.compile(r"Handshake status (\d+)")
_MESSAGE = re.compile(r'"message":"((?:[^"\\]|\\.)*)"')


class ForwardTransport:
    """oned in a ready pod of the release. The pod is looked up once, and again after every failure."""

    def __init__(self, config: Any, *, namespace: str, release: str) -> None:
        self.place = f"oned of release {release} in namespace {namespace} (by port-forward through {config.host})"
        self._config, self.namespace, self._release = config, namespace, release
        self._pod: str | None = None
        # The library changes its client while a websocket opens, so a client serves one thread at a time.
        self._clients: queue.LifoQueue[Any] = queue.LifoQueue()
        for _number in range(AT_ONCE):
            self._clients.put(None)

    def post(self, body: bytes, timeout: float) -> bytes:
        try:
            api = self._clients.get(timeout=timeout)
        except queue.Empty:
            raise Unreachable(f"{self.place} is busy: no turn within {timeout:g} s", passing=True) from None
        try:
            api = api or self._api()
            answer = self._post(api, body, timeout)
        except BaseException:
            self._pod = None  # the pod may be gone
            self._clients.put(None)  # a thread that hangs keeps its client
            raise
        self._clients.put(api)
        return answer

    def _api(self) -> Any:
        import kubernetes.client

        return kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(self._config))

    def _post(self, api: Any, body: bytes, timeout: float) -> bytes:
        pod = self._pod or self._ready_pod(api, min(timeout, CONNECT_TIMEOUT))
        self._pod = pod
        forwarded = self._open(api, pod, min(timeout, CONNECT_TIMEOUT))
        connection = http.client.HTTPConnection("oned")
        connection.sock = forwarded.socket(PORT)
        try:
            status, answer = exchange(connection, "/RPC2", body, self.place, timeout)
        except Exception:
            refused = forwarded.error(PORT)
            if refused and "connection refused" in refused:
                raise Unreachable(f"oned does not listen in pod {pod}: connection refused", passing=True) from None
            raise
        finally:
            connection.close()
            forwarded.close()
        return checked(self.place, status, answer)

    def _ready_pod(self, api: Any, timeout: float) -> str:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        labels = f"app.kubernetes.io/instance={self._release},app.kubernetes.io/component=oned"
        try:
            pods = api.list_namespaced_pod(self.namespace, label_selector=labels, _request_timeout=timeout).items
        except ApiException as error:
            raise self._explain(int(error.status or 0), str(error.body or error.reason)) from None
        except HTTPError as error:
            raise self._explain(0, str(error)) from error
        if not pods:
            raise Unreachable(
                f"there is no pod of release {self._release} in namespace {self.namespace}: check namespace and release"
            )
        ready = [pod.metadata.name for pod in pods if _is_ready(pod)]
        if not ready:
            raise Unreachable(
                f"no oned pod of release {self._release} in namespace {self.namespace} is ready", passing=True
            )
        return str(ready[0])

    def _open(self, api: Any, pod: str, timeout: float) -> Any:
        """A port-forward to the pod. The library has no timeout for opening one, hence the thread."""
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream import portforward

        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def work() -> None:
            try:
                ended.put(portforward(api.connect_get_namespaced_pod_portforward, pod, self.namespace, ports=str(PORT)))
            except Exception as error:
                ended.put(error)

        Thread(target=work, daemon=True, name=f"port-forward to {pod}").start()
        try:
            outcome = ended.get(timeout=timeout)
        except queue.Empty:
            raise Unreachable(f"no port-forward to pod {pod} within {timeout:g} s", passing=True) from None
        if isinstance(outcome, ApiException):
            # The library reports the status of a refused handshake only as text, between headers and body.
            said = str(outcome.reason)
            status = _HANDSHAKE.search(said)
            raise self._explain(int(status[1]) if status else 0, said)
        if isinstance(outcome, Exception):
            raise self._explain(0, str(outcome))
        return outcome

    def _explain(self, status: int, said: str) -> Unreachable:
        message = _MESSAGE.search(said)
        reason = message[1].replace('\\"', '"') if message else " ".join(said.split(" -+-+- ")[0].split())
        if "<html" in reason.lower():
            reason = "HTML, so something else is in between"
        if status == 403:
            return Forbidden(
                f"the kubeconfig's user may not forward ports (403: {reason}): allow list on pods, get and create on "
                f"pods/portforward in namespace {self.namespace}",
                reason,
            )
        if status == 401:
            return Unreachable(f"the API server {self._config.host} does not accept the kubeconfig's credentials (401)")
        # Whatever failed, nothing was sent to oned yet.
        how = f"HTTP {status}: " if status else ""
        return Unreachable(f"no port-forward through the API server {self._config.host}: {how}{reason}", passing=True)


def _is_ready(pod: Any) -> bool:
    conditions = pod.status.conditions or []
    return pod.metadata.deletion_timestamp is None and any(c.type == "Ready" and c.status == "True" for c in conditions)


class GrantedTransport:
    """The service proxy, or port-forwards once the API server has forbidden the service proxy."""

    def __init__(self, proxy: KubeTransport, forward: ForwardTransport) -> None:
        self._proxy, self._forward = proxy, forward
        self._refusal: Forbidden | None = None
        self.place = proxy.place

    def post(self, body: bytes, timeout: float) -> bytes:
        if self._refusal is None:
            try:
                return self._proxy.post(body, timeout)
            except Forbidden as refusal:
                self._refusal, self.place = refusal, self._forward.place
        try:
            return self._forward.post(body, timeout)
        except Forbidden as error:
            raise Unreachable(
                "the kubeconfig's user may reach oned neither through the service proxy nor by port-forward "
                f"({self._refusal.said}; {error.said}): allow create on services/proxy, or list on pods with get and "
                f"create on pods/portforward, in namespace {self._forward.namespace}; or give api_url"
            ) from error
