# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, as the engine works on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.kubenebula.opennebula.plugins.module_utils import cluster as clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils import (
    encrypted,
    engine,
    host_plan,
    host_wait,
    pool,
    xml,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils import host as nouns
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host import Host, HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host_plan import Intent, World
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import ItemPlan
from ansible_collections.kubenebula.opennebula.plugins.module_utils.pool import Pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Call, Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.template import Template

VM_POOL = "one.vmpool.info"


@dataclass(frozen=True)
class Wanted:
    """What the module was asked for. wait_timeout: seconds for all hosts together.

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

    def check_wishes(self) -> None:
        host_plan.check_wishes(self.specs, self.intent)

    def read(self, client: Client) -> World:
        """Hosts, and clusters only if one is named, in one request."""
        calls = [Call(nouns.POOL)]
        if self.state != "absent" and any(spec.cluster is not None for spec in self.specs):
            calls.append(Call(clusters.POOL))
        answers = engine.answers(client, calls)
        there = clusters.from_pool(answers[1]) if len(answers) > 1 else []
        world = World(
            self._revealed(client, Pool(nouns.from_pool(answers[0]))),
            [*there, *pool.planned(self.planned_clusters, there)],
        )
        if not any(host.vms for host in self._leaving(world)):
            return world
        # Asked for only when a host that is to be emptied or removed still runs some.
        machines = xml.objects(client.read(VM_POOL, -2, -1, -1, -1), "VM", VM_POOL)
        return World(world.hosts, world.clusters, {xml.number(vm, "ID"): xml.text(vm, "NAME") for vm in machines})

    def _revealed(self, client: Client, hosts: Pool[Host]) -> list[Host]:
        """The hosts, what oned shows encrypted decrypted as far as it is to be compared."""
        templates: dict[int, Template] = {}
        if self.state != "absent":
            named = [(host, spec.template) for spec in self.specs for name in spec.names for host in hosts.alike(name)]
            wanted = {host.id: template for host, template in named if template}
            found = {number: hosts.by_id[number].template for number in wanted}
            templates = encrypted.revealed(client, found, wanted, lambda number: Call("one.host.info", (number, True)))
        return [replace(host, template=templates.get(host.id, host.template)) for host in hosts.items]

    def _leaving(self, world: World) -> list[Host]:
        listed = {name.casefold() for spec in self.specs for name in spec.names}
        all_listed = self.state == "absent" or (self.flush and self.state in ("disabled", "offline"))
        return [host for host in world.hosts if (all_listed if host.name.casefold() in listed else self.purge)]

    def check(self, world: World) -> None:
        host_plan.check(self.specs, world, self.intent)

    def plan(self, world: World) -> list[ItemPlan]:
        return host_plan.plan(self.specs, world, self.intent)

    def before_delete(self, client: Client, plans: Sequence[ItemPlan], items: engine.Items) -> None:
        """A host can only be removed when its machines have moved."""
        flushed = [plan for plan in plans if "flush" in plan.actions and (self.wait or "delete" in plan.actions)]
        host_wait.until_empty(client, self.read, [items[plan.name] for plan in flushed], self.wait_timeout)

    def finish(self, client: Client, world: World, plans: Sequence[ItemPlan], items: engine.Items) -> World:
        if not self.waits:
            return world
        listed = {spec.name for spec in self.specs}
        # Hosts whose one extra probe was part of the plan already.
        probed = {plan.name for plan in plans if plan.id is not None and "enable" in plan.actions}
        waited = [item for item in items.values() if item.name in listed]
        return host_wait.Waiter(client, self.wait_timeout).wait(world, waited, probed)

    def removal(self, item_id: int) -> Call:
        return Call("one.host.delete", (item_id,))

    def state_of(self, world: World, item_id: int) -> str | None:
        host = world.pool.by_id.get(item_id)
        return None if host is None else host.state
