# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until hosts are monitored or empty, and reports why a host is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host as oned_host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import Host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.plan import Observed
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import Progress
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError

MONITORED_POLL_SECONDS = 2.0
EMPTY_POLL_SECONDS = 2.0
# Delay before the extra probe: a name that was published a moment ago may not resolve everywhere yet.
EXTRA_PROBE_SECONDS = 5.0
LEFT_OFFLINE = "it was left OFFLINE: state enabled brings it back"


@dataclass
class Waiter:
    """timeout: seconds for all hosts together."""

    client: Client
    timeout: float
    _again: dict[str, float] = field(default_factory=dict)

    def wait(self, observed: Observed, items: Iterable[Progress], probed: set[str]) -> Observed:
        """Wait for every item that has not failed and whose host is enabled. Failures are recorded in the item.

        A host in ERROR gets one extra probe per run (oned itself tries again only after 180 to 195 s), unless it is in
        `probed`. Returns the state observed last.
        """
        items = list(items)
        for item in items:
            host = _host(observed, item)
            if item.name in probed and host is not None and host.status == "offline":
                item.problem = f"{item.problem or 'asking for another probe failed'}; {LEFT_OFFLINE}"
        waiting = [item for item in items if item.problem is None]
        deadline = self.client.clock() + self.timeout
        while True:
            waiting = [item for item in waiting if self._waits(item, _host(observed, item), probed)]
            if not waiting:
                return observed
            if self.client.clock() >= deadline:
                for item in waiting:
                    item.fail(self._late(_host(observed, item), item.name in probed))
                return observed
            self.client.sleep(MONITORED_POLL_SECONDS)
            try:
                hosts = oned_host.from_pool(self.client.read(oned_host.POOL))
            except OnedError as error:
                for item in waiting:
                    item.fail(f"waiting for it was cut short: {error}")
                return observed
            observed = Observed(hosts, observed.clusters, observed.vm_names)

    def _waits(self, item: Progress, host: Host | None, probed: set[str]) -> bool:
        if host is None:
            item.fail("it was removed from OpenNebula by someone else")
            return False
        if host.status != "error":
            return host.status == "enabled" and not host.monitored
        if item.name in probed:
            item.fail(explain(host))
            return False
        since = self._again.setdefault(item.name, self.client.clock())
        if self.client.clock() - since >= EXTRA_PROBE_SECONDS:
            probed.add(item.name)
            problem = self._probe(host)
            if problem:
                item.fail(f"{explain(host)}; asking for another probe failed: {problem}")
                return False
        return True

    def _probe(self, host: Host) -> str:
        """Have oned probe a host in ERROR at once, which enabling the host alone would not do. Returns the problem."""
        remark = ""
        for status in (oned_host.OFFLINE, oned_host.ENABLE):
            try:
                self.client.write("one.host.status", host.id, status)
            except OnedError as error:
                return f"{error}{remark}"
            remark = f"; {LEFT_OFFLINE}"
        return ""

    def _late(self, host: Host | None, probed: bool) -> str:
        if host is None:
            return f"it is not registered after {self.timeout:g} s"
        if host.status == "error" or host.error:
            return explain(host)
        if probed:
            return (
                f"it was in ERROR, and another probe brought no answer within {self.timeout:g} s; {_advice(host)}, or "
                "what the host sends does not reach MONITOR_ADDRESS"
            )
        return (
            f"it is still {host.state} after {self.timeout:g} s: oned has not probed it. Does oned know the driver "
            f"{host.im_mad} (IM_MAD in oned.conf and monitord.conf), and do the host's datagrams reach MONITOR_ADDRESS?"
        )


def until_empty(
    client: Client, read: Callable[[Client], Observed], waiting: Iterable[Progress], timeout: float
) -> None:
    """Wait until no virtual machine is left on these hosts. Failures are recorded in the item. timeout: seconds."""
    waiting = [item for item in waiting if item.problem is None]
    deadline = client.clock() + timeout
    while waiting:
        try:
            observed = read(client)
        except OnedError as error:
            for item in waiting:
                item.fail(f"waiting for its virtual machines to move was cut short: {error}")
            return
        occupied = [(item, host) for item in waiting if (host := _host(observed, item)) is not None and host.vms]
        if client.clock() >= deadline:
            for item, host in occupied:
                item.fail(
                    f"after {timeout:g} s these virtual machines are still on it: {observed.vms_of(host)}; is there "
                    "another enabled host that takes them? The scheduler's log says why it does not move one"
                )
            return
        waiting = [item for item, _host_of in occupied]
        if waiting:
            client.sleep(EMPTY_POLL_SECONDS)


def _host(observed: Observed, item: Progress) -> Host | None:
    return None if item.id is None else observed.pool.by_id.get(item.id)


def explain(host: Host) -> str:
    """Why a host is in ERROR: oned's reason, or where to find it.

    oned gives a reason only if a running probe fails, not if the log-in or the first probe fails.
    """
    if host.error:
        return f"it is in ERROR: {host.error}"
    return f"it is in ERROR and oned gives no reason; {_advice(host)}"


def _advice(host: Host) -> str:
    tool = "LXC" if host.im_mad == "lxc" else "virsh"
    return (
        f"either oned cannot log in (try ssh {host.name} in the oned pod) or a probe fails on the host (does {tool} "
        "work there for oneadmin?): /var/log/one/monitor.log in the pod says which"
    )
