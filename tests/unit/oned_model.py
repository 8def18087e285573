# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A small model of oned's hosts and clusters, as tests/contract/transcripts show them, and ways to misbehave."""

from __future__ import annotations

import base64
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any
from xml.sax.saxutils import escape

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import (
    Template,
    TemplateError,
    parse,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import STATES

SESSION = "oneadmin:secret"
# Kept encrypted by a 6.10.0.1 oned as it comes (*_ENCRYPTED_ATTR in oned.conf); CUSTOM stands for an operator's own.
ENCRYPTED = {
    "host": {"EC2_ACCESS", "EC2_SECRET", "AZ_SUB", "AZ_CLIENT", "AZ_SECRET", "AZ_TENANT", "VCENTER_PASSWORD", "CUSTOM"},
    "datastore": {"RESTIC_PASSWORD", "CUSTOM"},
    "user": {"SSH_PRIVATE_KEY", "SSH_PASSPHRASE"},
    "template": {"CONTEXT/PASSWORD"},
}
_MARK = b"cipher:"


class Refused(Exception):
    """What oned answers as [false, message, code, ...]."""

    def __init__(self, message: str, code: int) -> None:
        self.message, self.code = message, code
        super().__init__(message)


@dataclass
class ModelHost:
    id: int
    name: str
    im_mad: str
    vm_mad: str
    cluster: int
    state: str = "INIT"
    template: Template = field(default_factory=dict)
    vms: list[int] = field(default_factory=list)
    polls: int = 0
    # enabled out of ERROR: it waits for its turn, which is longer than any test
    waits: bool = False


@dataclass
class Oned:
    """probe: called for each enabled, unmonitored host whenever the pool is read; returns its next state.

    admin: whether who calls belongs to group oneadmin.

    racing: whether a name that is there is not seen in time, as when two calls arrive at the same moment: what the
    database does not keep unique is then there twice.

    moves: whether the scheduler finds another host for a machine on a host that is out of service.

    misbehave: called with each method before it is executed; may raise.  lose: called after it was executed.
    """

    hosts: dict[int, ModelHost] = field(default_factory=dict)
    clusters: dict[int, str] = field(default_factory=lambda: {0: "default"})
    vms: dict[int, str] = field(default_factory=dict)
    probe: Callable[[ModelHost], str] = lambda host: "MONITORED"
    misbehave: Callable[[str, tuple[Any, ...]], None] = lambda method, params: None
    lose: Callable[[str, tuple[Any, ...]], None] = lambda method, params: None
    moves: Callable[[int], bool] = lambda vm: True
    rescheduled: set[int] = field(default_factory=set)
    log: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    session: str = SESSION
    admin: bool = True
    racing: bool = False
    requests: int = 0
    next_id: int = 0
    lock: RLock = field(default_factory=RLock)

    @property
    def writes(self) -> list[tuple[str, tuple[Any, ...]]]:
        return [entry for entry in self.log if not entry[0].endswith(".info")]

    def add(self, name: str, kind: str = "kvm", **more: Any) -> ModelHost:
        host = ModelHost(self.next_id, name, kind, kind, more.pop("cluster", 0), **{"state": "MONITORED", **more})
        created: Template = {"ARCH": "x86_64", "RESERVED_CPU": "", "RESERVED_MEM": "", **host.template}
        host.template = sealed("host", created)
        self.hosts[host.id] = host
        self.next_id += 1
        return host

    def answer(self, body: bytes) -> bytes:
        """An XML-RPC request to an XML-RPC response."""
        params: Any
        params, method = xmlrpc.client.loads(body)
        with self.lock:
            self.requests += 1
            if method == "system.multicall":
                value: Any = [[self._call(call["methodName"], tuple(call["params"]))] for call in params[0]]
            else:
                value = self._call(str(method), tuple(params))
        return xmlrpc.client.dumps((value,), methodresponse=True, encoding="utf-8").encode()

    def _call(self, method: str, params: tuple[Any, ...]) -> list[Any]:
        session, *rest = params
        self.log.append((method, tuple(rest)))
        try:
            self.misbehave(method, tuple(rest))
            if session != self.session:
                raise Refused("User couldn't be authenticated, aborting call.", 256)
            value = getattr(self, method.removeprefix("one.").replace(".", "_"))(*rest)
        except Refused as refusal:
            return [False, f"[{method}] {refusal.message}", refusal.code, -1, -1]
        self.lose(method, tuple(rest))
        return [True, value, 0]

    def _host(self, number: int) -> ModelHost:
        if number not in self.hosts:
            raise Refused(f"Error getting host [{number}].", 1024)
        return self.hosts[number]

    def hostpool_info(self) -> str:
        for host in self.hosts.values():
            if host.state in ("DISABLED", "OFFLINE", "MONITORING_DISABLED"):
                host.vms = [vm for vm in host.vms if vm not in self.rescheduled or not self.moves(vm)]
        for host in self.hosts.values():
            if host.state in ("INIT", "MONITORING_INIT") and not host.waits:
                host.polls += 1
                host.state = self.probe(host)
        return f"<HOST_POOL>{''.join(self._host_xml(host) for host in reversed(self.hosts.values()))}</HOST_POOL>"

    def host_info(self, number: int, decrypt: bool = False) -> str:
        host = self._host(number)
        return self._host_xml(replace(host, template=opened(host.template)) if decrypt and self.admin else host)

    def _host_xml(self, host: ModelHost) -> str:
        vms = "".join(f"<ID>{vm}</ID>" for vm in host.vms)
        return (
            f"<HOST><ID>{host.id}</ID><NAME>{escape(host.name)}</NAME><STATE>{STATES.index(host.state)}</STATE>"
            f"<IM_MAD>{host.im_mad}</IM_MAD><VM_MAD>{host.vm_mad}</VM_MAD><CLUSTER_ID>{host.cluster}</CLUSTER_ID>"
            f"<CLUSTER>{escape(self.clusters[host.cluster])}</CLUSTER>"
            f"<HOST_SHARE><RUNNING_VMS>{len(host.vms)}</RUNNING_VMS></HOST_SHARE><VMS>{vms}</VMS>"
            f"<TEMPLATE>{template_xml(host.template)}</TEMPLATE><MONITORING/></HOST>"
        )

    def clusterpool_info(self) -> str:
        body = "".join(f"<CLUSTER><ID>{i}</ID><NAME>{escape(n)}</NAME></CLUSTER>" for i, n in self.clusters.items())
        return f"<CLUSTER_POOL>{body}</CLUSTER_POOL>"

    def vmpool_info(self, *_filter: int) -> str:
        return f"<VM_POOL>{''.join(f'<VM><ID>{i}</ID><NAME>{n}</NAME></VM>' for i, n in self.vms.items())}</VM_POOL>"

    def host_allocate(self, name: str, im_mad: str, vm_mad: str, cluster: int) -> int:
        taken = next((host for host in self.hosts.values() if host.name.casefold() == name.casefold()), None)
        if taken is not None and not self.racing:
            raise Refused(f"NAME is already taken by HOST {taken.id}.", 8192)
        if names.host_name_problem(name) is not None:
            raise Refused("Invalid HOSTNAME", 8192)
        if cluster not in self.clusters and cluster != -1:
            raise Refused(f"Error getting cluster [{cluster}].", 1024)
        host = self.add(name, state="INIT", cluster=max(cluster, 0), template={"IM_MAD": im_mad, "VM_MAD": vm_mad})
        host.im_mad, host.vm_mad = im_mad, vm_mad
        return host.id

    def host_update(self, number: int, text: str, append: int) -> int:
        host = self._host(number)
        try:
            given = parse(text)
        except TemplateError as error:
            raise Refused(f"Cannot update template. Parse error: {error}", 8192) from error
        kept = {"IM_MAD": host.im_mad, "VM_MAD": host.vm_mad}
        host.template = sealed("host", {**host.template, **given} if append else {**given, **kept})
        return number

    def host_rename(self, number: int, name: str) -> int:
        host = self._host(number)
        taken = next((h for h in self.hosts.values() if h.name.casefold() == name.casefold() and h is not host), None)
        if taken is not None:
            raise Refused(f"host cannot be renamed to {name} because it collides with host {taken.id}", 2048)
        host.name = name
        return number

    def vm_action(self, action: str, number: int) -> int:
        assert action == "resched"
        if number not in self.vms:
            raise Refused(f"Error getting virtual machine [{number}].", 1024)
        self.rescheduled.add(number)
        return number

    def host_status(self, number: int, status: int) -> int:
        host = self._host(number)
        host.waits = status == 0 and (host.state == "ERROR" or (host.waits and host.state != "OFFLINE"))
        host.state = {0: "INIT", 1: "DISABLED", 2: "OFFLINE"}[status]
        return number

    def host_delete(self, number: int) -> int:
        if self._host(number).vms:
            raise Refused("Cannot delete host. Can not remove a host with running VMs", 2048)
        del self.hosts[number]
        return number

    def cluster_addhost(self, cluster: int, number: int) -> int:
        if cluster not in self.clusters:
            raise Refused(f"Error getting cluster [{cluster}].", 1024)
        self._host(number).cluster = cluster
        return cluster


def sealed(kind: str, template: Template) -> Template:
    """As oned stores a template: what is to be kept encrypted is, once."""
    paths = ENCRYPTED.get(kind, set())
    result: Template = {}
    for key, value in template.items():
        if isinstance(value, dict):
            result[key] = {k: _seal(v) if f"{key}/{k}" in paths and v else v for k, v in value.items()}
        else:
            result[key] = _seal(value) if key in paths and isinstance(value, str) else value
    return result


def _seal(text: str) -> str:
    if _unseal(text) != text:
        return text
    plain = _MARK + text.encode()
    return base64.b64encode(plain + bytes(-len(plain) % 16)).decode()


def _unseal(text: str) -> str:
    try:
        plain = base64.b64decode(text, validate=True)
    except ValueError:
        return text
    return plain.removeprefix(_MARK).rstrip(b"\0").decode() if plain.startswith(_MARK) else text


def opened(template: Template) -> Template:
    """As oned shows a template to an administrator that asks for it decrypted."""
    shown: Template = {}
    for key, value in template.items():
        if isinstance(value, dict):
            shown[key] = {k: _unseal(v) for k, v in value.items()}
        else:
            shown[key] = _unseal(value) if isinstance(value, str) else value
    return shown


def template_xml(template: Template) -> str:
    parts = []
    for key, value in template.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                body = escape(item)
            else:
                body = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in item.items())
            parts.append(f"<{key}>{body}</{key}>")
    return "".join(parts)


@dataclass
class ModelTransport:
    """Hands requests to the model without a network. before and after may raise: nothing sent, or nothing answered."""

    oned: Oned
    place: str = "the model"
    before: Callable[[bytes], None] = lambda body: None
    after: Callable[[bytes], None] = lambda body: None

    def post(self, body: bytes, timeout: float) -> bytes:
        self.before(body)
        answer = self.oned.answer(body)
        self.after(body)
        return answer


@dataclass
class Clock:
    """Time that passes when someone sleeps, and a little whenever it is read."""

    now: float = 0.0
    looked: int = 0

    def __call__(self) -> float:
        self.looked += 1
        return self.now + self.looked * 1e-6

    def sleep(self, seconds: float) -> None:
        self.now += seconds
