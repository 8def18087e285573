# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the changes from the observed to the desired hosts. Pure: makes no calls to oned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import clusters, names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.clusters import unknown_cluster
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template, differing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host as oned_host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import Host, HostSpec
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import update
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.plan import (
    ALLOCATE,
    DELETE,
    LATER,
    OWN_ID,
    Change,
    ItemPlan,
)
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import SetupError

# state of the module: (argument of one.host.status, what Host.status then is)
_STATUSES = {
    "enabled": (oned_host.ENABLE, "enabled"),
    "disabled": (oned_host.DISABLE, "disabled"),
    "offline": (oned_host.OFFLINE, "offline"),
}


@dataclass(frozen=True)
class Observed:
    """The observed state.

    clusters: empty if no desired host names one. vm_names: names of virtual machines by id, if a host is to be
    emptied or removed.
    """

    hosts: Sequence[Host]
    clusters: Sequence[Ref] = ()
    vm_names: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def pool(self) -> Pool[Host]:
        return Pool(self.hosts)

    def without_new_duplicates(self, known: Collection[int]) -> Observed:
        """As Pool.without_new_duplicates."""
        return Observed(self.pool.without_new_duplicates(known).items, self.clusters, self.vm_names)

    def vms_of(self, host: Host) -> str:
        """Names and ids of the virtual machines on a host, or their number if oned does not list them."""
        listed = ", ".join(f"{self.vm_names.get(vm, 'VM')} ({vm})" for vm in host.vms)
        return listed or str(host.running_vms)


@dataclass(frozen=True)
class Intent:
    """The desired state of all hosts alike: present, absent, enabled, disabled or offline.

    probe_again: a host in ERROR is set offline and enabled, so that oned probes it now and not in up to 195 s.
    replace: templates replace the observed ones. flush: virtual machines move away from hosts that go out of service.
    purge: hosts that are not listed are removed.
    """

    state: str = "present"
    probe_again: bool = True
    replace: bool = False
    flush: bool = False
    purge: bool = False


def check_desired(specs: Sequence[HostSpec], intent: Intent) -> None:
    """Raises SetupError if a host is listed twice or options contradict one another."""
    twice = names.repeated([name for spec in specs for name in spec.names])
    if twice:
        raise SetupError(f"these hosts are listed more than once (case is ignored): {', '.join(twice)}")
    if intent.purge and intent.state == "absent":
        raise SetupError("purge removes the hosts that are not listed, so it does not go with state absent")
    if intent.purge and not specs:
        raise SetupError("purge with an empty list would remove every host: list at least one")
    if intent.flush and not intent.purge and intent.state in ("present", "enabled"):
        raise SetupError(f"flush empties hosts that go out of service, so it does not go with state {intent.state}")


def check(specs: Sequence[HostSpec], observed: Observed, intent: Intent) -> None:
    """Raises SetupError with every mistake that can be found before anything is changed."""
    if intent.state == "absent":
        mistakes = [f"host {s.name}: new_name does not go with state absent" for s in specs if s.new_name is not None]
    else:
        mistakes = [mistake for spec in specs for mistake in _mistakes(spec, observed)]
    if mistakes:
        raise SetupError(f"nothing was changed: {'; '.join(mistakes)}")


def _mistakes(spec: HostSpec, observed: Observed) -> list[str]:
    found = []
    if not observed.pool.alike(spec.final_name):
        problem = names.host_name_problem(spec.final_name)
        if problem is not None:
            found.append(f"host name {spec.final_name!r} is not possible: {problem}")
        if not observed.pool.alike(spec.name) and (not spec.im_mad or not spec.vmm_mad):
            found.append(f"host {spec.final_name} is new: give type, or both im_mad and vmm_mad")
    found += [f"host {spec.name}: {p}" for p in map(names.driver_problem, spec.drivers) if p is not None]
    if spec.cluster is not None and pick(observed.clusters, spec.cluster) is None:
        found.append(unknown_cluster(f"host {spec.name}", spec.cluster, observed.clusters))
    return found


def plan(specs: Sequence[HostSpec], observed: Observed, intent: Intent) -> list[ItemPlan]:
    """One ItemPlan per desired host, in order, then one per host to purge."""
    plans = [_plan(spec, observed, intent) for spec in specs]
    if intent.purge:
        listed = {name.casefold() for spec in specs for name in spec.names}
        others = [host for host in observed.hosts if host.name.casefold() not in listed]
        plans += [_absent(HostSpec(host.name), host, observed, intent) for host in others]
    return plans


def _plan(spec: HostSpec, observed: Observed, intent: Intent) -> ItemPlan:
    try:
        host = observed.pool.find_either("host", spec.name, spec.new_name)
    except LookupError as error:
        return ItemPlan(spec.name, problem=str(error))
    if intent.state == "absent":
        return _absent(spec, host, observed, intent)
    return _new(spec, observed, intent.state) if host is None else _existing(spec, host, observed, intent)


def _absent(spec: HostSpec, host: Host | None, observed: Observed, intent: Intent) -> ItemPlan:
    if host is None:
        return ItemPlan(spec.name)
    before = _attributes(spec, host, {})
    delete = Change("delete", "one.host.delete", (OWN_ID,), DELETE)
    if not host.vms and not host.running_vms:
        return ItemPlan(spec.name, host.id, (delete,), before=before)
    if not intent.flush:
        problem = (
            f"host {host.name} still runs virtual machines: {observed.vms_of(host)}; move or terminate them first, or "
            "set flush"
        )
        return ItemPlan(spec.name, host.id, before=before, after=before, problem=problem)
    # On an enabled host, the scheduler could place the virtual machines again.
    out_of_service = () if host.status in ("disabled", "offline") else (_status("disabled"),)
    return ItemPlan(spec.name, host.id, (*out_of_service, *_flush(host), delete), before=before)


def _new(spec: HostSpec, observed: Observed, state: str) -> ItemPlan:
    cluster = Ref(clusters.DEFAULT, "default")
    if spec.cluster is not None:
        cluster = pick(observed.clusters, spec.cluster) or cluster
    # The order of the API: information driver, then virtualization driver.
    parameters = (spec.final_name, spec.im_mad, spec.vmm_mad, cluster.id)
    desired = {key: value for key, value in spec.desired_template.items() if value != ""}
    stored = update.change("one.host.update", desired, {}, None)
    status = _status(state) if state in ("disabled", "offline") else None
    allocate = Change("allocate", "one.host.allocate", parameters, ALLOCATE)
    changes = tuple(change for change in (allocate, stored, status) if change is not None)
    after: dict[str, Any] = {"im_mad": spec.im_mad, "vmm_mad": spec.vmm_mad, "cluster": cluster.name}
    after["status"] = _STATUSES[state][1] if state in _STATUSES else "enabled"
    after["template"] = desired
    if spec.renames:
        after["name"] = spec.final_name
    return ItemPlan(spec.name, None, changes, None, after)


def _existing(spec: HostSpec, host: Host, observed: Observed, intent: Intent) -> ItemPlan:
    desired = _desired_template(spec, host)
    kept = oned_host.kept if intent.replace and spec.template is not None else None
    removed = {} if kept is None else {key: host.template[key] for key in update.surplus(desired, host.template, kept)}
    before = _attributes(spec, host, removed)
    if (spec.im_mad or host.im_mad, spec.vmm_mad or host.vmm_mad) != (host.im_mad, host.vmm_mad):
        problem = (
            f"it is registered with the drivers {host.im_mad}/{host.vmm_mad}, and the desired ones are "
            f"{spec.im_mad or host.im_mad}/{spec.vmm_mad or host.vmm_mad}: OpenNebula cannot change the drivers of a "
            "host, so remove it (state absent) and add it again"
        )
        return ItemPlan(spec.name, host.id, before=before, after=before, problem=problem)
    after = dict(before)
    changes = []
    if spec.renames and host.name != spec.final_name:
        changes.append(Change("rename", "one.host.rename", (OWN_ID, spec.final_name)))
        after["name"] = spec.final_name
    cluster = None if spec.cluster is None else pick(observed.clusters, spec.cluster)
    if cluster is not None and cluster.id != host.cluster_id:
        changes.append(Change("cluster", "one.cluster.addhost", (cluster.id, OWN_ID)))
        after["cluster"] = cluster.name
    stored = update.change("one.host.update", desired, host.template, kept)
    if stored is not None:
        changes.append(stored)
        remaining = {key: value for key, value in before["template"].items() if key not in removed}
        after["template"] = {**remaining, **differing(desired, host.template)}
    status = _status_to_set(host, intent)
    if status is not None:
        changes.extend(_PROBE_AGAIN if host.status == "error" and status == "enabled" else [_status(status)])
        after["status"] = _STATUSES[status][1]
    if intent.flush and host.vms and intent.state in ("disabled", "offline"):
        changes.extend(_flush(host))
        before["vms"], after["vms"] = list(host.vms), []
    return ItemPlan(spec.name, host.id, tuple(changes), before, after)


def _status_to_set(host: Host, intent: Intent) -> str | None:
    """The status to set, or None if the host already has it."""
    state = intent.state
    if host.status == "error" and state in ("present", "enabled"):
        return "enabled" if intent.probe_again else None
    return state if state in _STATUSES and host.status != _STATUSES[state][1] else None


def _desired_template(spec: HostSpec, host: Host) -> Template:
    desired = spec.desired_template
    if spec.labels is not None and set(spec.labels) == set(host.labels):
        desired["LABELS"] = host.template.get("LABELS", "")  # the order does not matter
    return desired


def _status(state: str) -> Change:
    return Change(state.removesuffix("d"), "one.host.status", (OWN_ID, _STATUSES[state][0]))


# oned probes a host that is enabled from OFFLINE at once, one that is enabled from ERROR later (HostMonitorManager.cc).
_PROBE_AGAIN = (
    Change("enable", "one.host.status", (OWN_ID, oned_host.OFFLINE)),
    Change("enable", "one.host.status", (OWN_ID, oned_host.ENABLE), LATER, ends=True),
)


def _flush(host: Host) -> tuple[Change, ...]:
    """Have the scheduler move each virtual machine after the host is out of service, as `onehost flush` does."""
    return tuple(Change("flush", "one.vm.action", ("resched", vm), LATER) for vm in host.vms)


def _attributes(spec: HostSpec, host: Host, removed: Template) -> dict[str, Any]:
    managed = {key: host.template[key] for key in spec.desired_template if key in host.template}
    return {
        **({"name": host.name} if spec.renames else {}),
        "im_mad": host.im_mad,
        "vmm_mad": host.vmm_mad,
        "cluster": host.cluster,
        "status": host.status,
        "template": {**managed, **removed},
    }
