# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wanted hosts and oned's pools to changes. Pure: nothing here talks to oned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import cluster as clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils import host as nouns
from ansible_collections.kubenebula.opennebula.plugins.module_utils import names, template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.cluster import Cluster
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import SetupError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.host import Host, HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.plan import OWN_ID, Change, ItemPlan

# state of the module: (argument of one.host.status, what Host.status then is)
_STATUSES = {
    "enabled": (nouns.ENABLE, "enabled"),
    "disabled": (nouns.DISABLE, "disabled"),
    "offline": (nouns.OFFLINE, "offline"),
}


@dataclass(frozen=True)
class World:
    """What oned answered.

    clusters: empty when no wanted host names one. vm_names: of the machines on hosts that are to be removed.
    """

    hosts: Sequence[Host]
    clusters: Sequence[Cluster] = ()
    vm_names: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[int, Host]:
        return {host.id: host for host in self.hosts}

    @cached_property
    def _alike(self) -> Mapping[str, Sequence[Host]]:
        alike: dict[str, list[Host]] = {}
        for host in self.hosts:
            alike.setdefault(host.name.casefold(), []).append(host)
        return alike

    def alike(self, name: str) -> Sequence[Host]:
        """Hosts whose names differ from `name` in capitals at most."""
        return self._alike.get(name.casefold(), ())

    def find(self, name: str) -> Host | None:
        """The host of this name: exactly, else the only one that differs in capitals alone.

        oned on MariaDB takes both for the same name, on SQLite not. Raises LookupError when several are alike.
        """
        alike = self.alike(name)
        exact = [host for host in alike if host.name == name]
        if not exact and len(alike) > 1:
            raise LookupError(f"several hosts are called like this: {', '.join(host.name for host in alike)}")
        return next(iter(exact or alike), None)


def check_names(specs: Sequence[HostSpec]) -> None:
    """Raises SetupError when one host is listed twice."""
    twice = names.repeated([spec.name for spec in specs])
    if twice:
        raise SetupError(
            f"these hosts are listed more than once (capitals do not tell names apart): {', '.join(twice)}"
        )


def check(specs: Sequence[HostSpec], world: World, state: str) -> None:
    """Raises SetupError with every mistake that can be told before anything is changed."""
    if state == "absent":
        return
    mistakes = [mistake for spec in specs for mistake in _mistakes(spec, world)]
    if mistakes:
        raise SetupError(f"nothing was changed: {'; '.join(mistakes)}")


def _mistakes(spec: HostSpec, world: World) -> list[str]:
    found = []
    if not world.alike(spec.name):
        problem = names.host_name_problem(spec.name)
        if problem is not None:
            found.append(f"host name {spec.name!r} is not possible: {problem}")
        if not spec.im_mad or not spec.vmm_mad:
            found.append(f"host {spec.name} is new: give type, or both im_mad and vmm_mad")
    if spec.cluster is not None and clusters.find(list(world.clusters), spec.cluster) is None:
        existing = ", ".join(f"{cluster.name} ({cluster.id})" for cluster in world.clusters)
        found.append(
            f"host {spec.name}: there is no cluster {spec.cluster!r}; there are {existing or 'none you may see'}"
        )
    return found


def plan(specs: Sequence[HostSpec], world: World, state: str, *, probe_again: bool) -> list[ItemPlan]:
    """One ItemPlan per wanted host, in order.

    state: present, absent, enabled, disabled or offline. probe_again: a host in ERROR is enabled once more, which makes
    oned probe it at once instead of after up to 180 s.
    """
    return [_plan(spec, world, state, probe_again) for spec in specs]


def _plan(spec: HostSpec, world: World, state: str, probe_again: bool) -> ItemPlan:
    try:
        host = world.find(spec.name)
    except LookupError as error:
        return ItemPlan(spec.name, problem=str(error))
    if state == "absent":
        return _absent(spec, host, world)
    return _new(spec, world, state) if host is None else _existing(spec, host, world, state, probe_again)


def _absent(spec: HostSpec, host: Host | None, world: World) -> ItemPlan:
    if host is None:
        return ItemPlan(spec.name)
    before = _attributes(spec, host)
    if host.vms or host.running_vms:
        machines = ", ".join(f"{world.vm_names.get(vm, 'VM')} ({vm})" for vm in host.vms) or str(host.running_vms)
        problem = f"host {host.name} still runs virtual machines: {machines}; move or terminate them first"
        return ItemPlan(spec.name, host.id, before=before, after=before, problem=problem)
    return ItemPlan(spec.name, host.id, (Change("delete", "one.host.delete", (OWN_ID,)),), before=before)


def _new(spec: HostSpec, world: World, state: str) -> ItemPlan:
    cluster = Cluster(clusters.DEFAULT, "default")
    if spec.cluster is not None:
        cluster = clusters.find(list(world.clusters), spec.cluster) or cluster
    # The order of the API: information driver, then virtualization driver.
    changes = [Change("allocate", "one.host.allocate", (spec.name, spec.im_mad, spec.vmm_mad, cluster.id))]
    wanted = {key: value for key, value in spec.wanted_template.items() if value != ""}
    if wanted:
        changes.append(_update(wanted))
    if state in ("disabled", "offline"):
        changes.append(_status(state))
    after: dict[str, Any] = {"im_mad": spec.im_mad, "vmm_mad": spec.vmm_mad, "cluster": cluster.name}
    after["status"] = _STATUSES[state][1] if state in _STATUSES else "enabled"
    after["template"] = wanted
    return ItemPlan(spec.name, None, tuple(changes), None, after)


def _existing(spec: HostSpec, host: Host, world: World, state: str, probe_again: bool) -> ItemPlan:
    before = _attributes(spec, host)
    if (spec.im_mad or host.im_mad, spec.vmm_mad or host.vmm_mad) != (host.im_mad, host.vmm_mad):
        problem = (
            f"it is registered with the drivers {host.im_mad}/{host.vmm_mad} and wanted with "
            f"{spec.im_mad or host.im_mad}/{spec.vmm_mad or host.vmm_mad}: OpenNebula cannot change the drivers of a "
            "host, so remove it (state absent) and add it again"
        )
        return ItemPlan(spec.name, host.id, before=before, after=before, problem=problem)
    after = dict(before)
    changes = []
    cluster = clusters.find(list(world.clusters), spec.cluster) if spec.cluster is not None else None
    if cluster is not None and cluster.id != host.cluster_id:
        changes.append(Change("cluster", "one.cluster.addhost", (cluster.id, OWN_ID)))
        after["cluster"] = cluster.name
    wanted = _differing(spec, host)
    if wanted:
        changes.append(_update(wanted))
        after["template"] = {**before["template"], **wanted}
    status = _wanted_status(host, state, probe_again)
    if status is not None:
        changes.append(_status(status))
        after["status"] = _STATUSES[status][1]
    return ItemPlan(spec.name, host.id, tuple(changes), before, after)


def _wanted_status(host: Host, state: str, probe_again: bool) -> str | None:
    """The state to ask one.host.status for, or None when it is right already."""
    if host.status == "error" and state in ("present", "enabled"):
        return "enabled" if probe_again else None
    return state if state in _STATUSES and host.status != _STATUSES[state][1] else None


def _differing(spec: HostSpec, host: Host) -> template.Template:
    wanted = {}
    for key, value in spec.wanted_template.items():
        found = host.template.get(key)
        if key == "LABELS" and spec.labels is not None:
            differs = set(spec.labels) != set(host.labels)
        else:
            # An attribute oned does not have and one that is empty mean the same to it.
            differs = not template.same(value, found if found is not None else "")
        if differs:
            wanted[key] = value
    return wanted


def _update(wanted: template.Template) -> Change:
    # 1 merges: replacing (0) would drop the attributes the probes have written.
    return Change("update", "one.host.update", (OWN_ID, template.render(wanted), 1))


def _status(state: str) -> Change:
    return Change(state.removesuffix("d"), "one.host.status", (OWN_ID, _STATUSES[state][0]))


def _attributes(spec: HostSpec, host: Host) -> dict[str, Any]:
    managed = {key: host.template[key] for key in spec.wanted_template if key in host.template}
    return {
        "im_mad": host.im_mad,
        "vmm_mad": host.vmm_mad,
        "cluster": host.cluster,
        "status": host.status,
        "template": managed,
    }
