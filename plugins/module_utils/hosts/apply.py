# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared hosts, for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import clusters, encrypted, pool, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host as oned_host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import plan as host_plan
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import wait
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import Host, HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.plan import Intent, Observed
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import ItemPlan, Items
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client

VM_POOL = "one.vmpool.info"


@dataclass(frozen=True)
class DeclaredHosts:
    """The desired state of all hosts. wait_timeout: seconds for all hosts together.

    planned_clusters: names of clusters that do not exist yet, for check mode.
    """

    specs: Sequence[HostSpec]
    state: str = "present"
    wait: bool = True
    wait_timeout: float = 300.0
    replace: bool = False
    flush: bool = False
    purge: bool = False
    planned_clusters: Sequence[str] = ()

    @property
    def waits(self) -> bool:
        return self.wait and self.state in ("present", "enabled")

    @property
    def intent(self) -> Intent:
        return Intent(self.state, self.waits, self.replace, self.flush, self.purge)

    @property
    def empty(self) -> bool:
        return not self.specs

    def check_desired(self) -> None:
        host_plan.check_desired(self.specs, self.intent)

    def read(self, client: Client) -> Observed:
        """Hosts, and clusters only if a host names one, in one request."""
        calls = [Call(oned_host.POOL)]
        if self.state != "absent" and any(spec.cluster is not None for spec in self.specs):
            calls.append(Call(clusters.POOL))
        answers = client.read_all(calls)
        existing = clusters.from_pool(answers[1]) if len(answers) > 1 else []
        observed = Observed(
            self._revealed(client, Pool(oned_host.from_pool(answers[0]))),
            [*existing, *pool.planned(self.planned_clusters, existing)],
        )
        if not any(host.vms for host in self._leaving(observed)):
            return observed
        # Read only if a host that is to be emptied or removed still runs virtual machines.
        vms = xml.objects(client.read(VM_POOL, -2, -1, -1, -1), "VM", VM_POOL)
        vm_names = {xml.number(vm, "ID"): xml.text(vm, "NAME") for vm in vms}
        return Observed(observed.hosts, observed.clusters, vm_names)

    def _revealed(self, client: Client, hosts: Pool[Host]) -> list[Host]:
        """The hosts, with the encrypted attributes that are to be compared decrypted."""
        templates: dict[int, Template] = {}
        if self.state != "absent":
            named = [(host, spec.template) for spec in self.specs for name in spec.names for host in hosts.alike(name)]
            desired = {host.id: template for host, template in named if template}
            stored = {number: hosts.by_id[number].template for number in desired}
            templates = encrypted.revealed(
                client, stored, desired, lambda number: Call("one.host.info", (number, True))
            )
        return [replace(host, template=templates.get(host.id, host.template)) for host in hosts.items]

    def _leaving(self, observed: Observed) -> list[Host]:
        listed = {name.casefold() for spec in self.specs for name in spec.names}
        all_listed = self.state == "absent" or (self.flush and self.state in ("disabled", "offline"))
        return [host for host in observed.hosts if (all_listed if host.name.casefold() in listed else self.purge)]

    def check(self, observed: Observed) -> None:
        host_plan.check(self.specs, observed, self.intent)

    def plan(self, observed: Observed) -> list[ItemPlan]:
        return host_plan.plan(self.specs, observed, self.intent)

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: Items) -> None:
        """A host can be removed only after its virtual machines have moved."""
        flushed = [plan for plan in plans if "flush" in plan.actions and (self.wait or "delete" in plan.actions)]
        wait.until_empty(client, self.read, [items[plan.name] for plan in flushed], self.wait_timeout)

    def finish(self, client: Client, observed: Observed, plans: Sequence[ItemPlan], items: Items) -> Observed:
        if not self.waits:
            return observed
        listed = {spec.name for spec in self.specs}
        # Hosts whose extra probe was already part of the plan.
        probed = {plan.name for plan in plans if plan.id is not None and "enable" in plan.actions}
        waited = [item for item in items.values() if item.name in listed]
        return wait.Waiter(client, self.wait_timeout).wait(observed, waited, probed)

    def removal(self, item_id: int) -> Call:
        return Call("one.host.delete", (item_id,))

    def state_of(self, observed: Observed, item_id: int) -> str | None:
        host = observed.pool.by_id.get(item_id)
        return None if host is None else host.state
