# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the changes from the observed to the desired hosts. Pure: makes no calls to oned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import clusters, names
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.clusters import unknown_cluster
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Pool, Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host as oned_host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.host import DesiredHost, Host
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
class ObservedHosts:
    """The observed state.

    clusters: read only if a desired host names one. vm_names: names of virtual machines by id, read only if a host
    with virtual machines is to be emptied or removed.
    """

    hosts: Sequence[Host]
    clusters: Sequence[Ref] = ()
    vm_names: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def pool(self) -> Pool[Host]:
        return Pool(self.hosts)

    def without_new_duplicates(self, known: Collection[int]) -> ObservedHosts:
        return ObservedHosts(self.pool.without_new_duplicates(known).items, self.clusters, self.vm_names)

    def vms_of(self, host: Host) -> str:
        """Names and ids of the virtual machines on a host, or their number if oned does not list them."""
        listed = ", ".join(f"{self.vm_names.get(vm, 'VM')} ({vm})" for vm in host.vms)
        return listed or str(host.running_vms)


@dataclass(frozen=True)
class HostOptions:
    """Options of the module that hold for every host. state: present, absent, enabled, disabled or offline.

    probe_again: a host in ERROR is set offline and enabled, so that oned probes it now and not in up to 195 s.
    replace: templates replace the observed ones. flush: virtual machines move away from hosts that go out of service.
    purge: hosts that are not listed are removed.
    """

    state: str = "present"
    probe_again: bool = True
    replace: bool = False
    flush: bool = False
    purge: bool = False


def check_desired(desired_hosts: Sequence[DesiredHost], options: HostOptions) -> None:
    """Raises SetupError if a host is listed twice or options contradict one another."""
    twice = names.repeated([name for desired in desired_hosts for name in desired.names])
    if twice:
        raise SetupError(f"these hosts are listed more than once (case is ignored): {', '.join(twice)}")
    if options.purge and options.state == "absent":
        raise SetupError("purge removes the hosts that are not listed, so it does not go with state absent")
    if options.purge and not desired_hosts:
        raise SetupError("purge with an empty list would remove every host: list at least one")
    if options.flush and not options.purge and options.state in ("present", "enabled"):
        raise SetupError(f"flush empties hosts that go out of service, so it does not go with state {options.state}")


def check(desired_hosts: Sequence[DesiredHost], observed: ObservedHosts, options: HostOptions) -> None:
    """Raises SetupError with every mistake that can be found before anything is changed."""
    if options.state == "absent":
        renamed = [desired.name for desired in desired_hosts if desired.new_name is not None]
        mistakes = [f"host {name}: new_name does not go with state absent" for name in renamed]
    else:
        mistakes = [mistake for desired in desired_hosts for mistake in _mistakes(desired, observed)]
    if mistakes:
        raise SetupError(f"nothing was changed: {'; '.join(mistakes)}")


def _mistakes(desired: DesiredHost, observed: ObservedHosts) -> list[str]:
    found = []
    if not observed.pool.alike(desired.final_name):
        problem = names.host_name_problem(desired.final_name)
        if problem is not None:
            found.append(f"host name {desired.final_name!r} is not possible: {problem}")
        if not observed.pool.alike(desired.name) and (not desired.im_mad or not desired.vmm_mad):
            found.append(f"host {desired.final_name} is new: give type, or both im_mad and vmm_mad")
    found += [f"host {desired.name}: {p}" for p in map(names.driver_problem, desired.drivers) if p is not None]
    if desired.cluster is not None and pick(observed.clusters, desired.cluster) is None:
        found.append(unknown_cluster(f"host {desired.name}", desired.cluster, observed.clusters))
    return found


def plan(desired_hosts: Sequence[DesiredHost], observed: ObservedHosts, options: HostOptions) -> list[ItemPlan]:
    """One ItemPlan per desired host, in order, then one per host to purge."""
    plans = [_plan(desired, observed, options) for desired in desired_hosts]
    if options.purge:
        listed = {name.casefold() for desired in desired_hosts for name in desired.names}
        others = [host for host in observed.hosts if host.name.casefold() not in listed]
        plans += [_absent(DesiredHost(host.name), host, observed, options) for host in others]
    return plans


def _plan(desired: DesiredHost, observed: ObservedHosts, options: HostOptions) -> ItemPlan:
    try:
        host = observed.pool.find_either("host", desired.name, desired.new_name)
    except LookupError as error:
        return ItemPlan(desired.name, problem=str(error))
    if options.state == "absent":
        return _absent(desired, host, observed, options)
    return _new(desired, observed, options.state) if host is None else _existing(desired, host, observed, options)


def _absent(desired: DesiredHost, host: Host | None, observed: ObservedHosts, options: HostOptions) -> ItemPlan:
    if host is None:
        return ItemPlan(desired.name)
    before = _attributes(desired, host, {})
    delete = Change("delete", "one.host.delete", (OWN_ID,), DELETE)
    if not host.vms and not host.running_vms:
        return ItemPlan(desired.name, host.id, (delete,), before=before)
    if not options.flush:
        problem = (
            f"host {host.name} still runs virtual machines: {observed.vms_of(host)}; move or terminate them first, or "
            "set flush"
        )
        return ItemPlan(desired.name, host.id, before=before, after=before, problem=problem)
    # On an enabled host, the scheduler could place the virtual machines again.
    out_of_service = () if host.status in ("disabled", "offline") else (_status("disabled"),)
    return ItemPlan(desired.name, host.id, (*out_of_service, *_flush(host), delete), before=before)


def _new(desired: DesiredHost, observed: ObservedHosts, state: str) -> ItemPlan:
    cluster = Ref(clusters.DEFAULT, "default")
    if desired.cluster is not None:
        cluster = pick(observed.clusters, desired.cluster) or cluster
    # The order of the API: information driver, then virtualization driver.
    parameters = (desired.final_name, desired.im_mad, desired.vmm_mad, cluster.id)
    template = {key: value for key, value in desired.attributes.items() if not syntax.is_empty(value)}
    stored = update.change("one.host.update", template, {}, None)
    status = _status(state) if state in ("disabled", "offline") else None
    allocate = Change("allocate", "one.host.allocate", parameters, ALLOCATE)
    changes = tuple(change for change in (allocate, stored, status) if change is not None)
    after: dict[str, Any] = {"im_mad": desired.im_mad, "vmm_mad": desired.vmm_mad, "cluster": cluster.name}
    after["status"] = _STATUSES[state][1] if state in _STATUSES else "enabled"
    after["template"] = template
    if desired.renames:
        after["name"] = desired.final_name
    return ItemPlan(desired.name, None, changes, None, after)


def _existing(desired: DesiredHost, host: Host, observed: ObservedHosts, options: HostOptions) -> ItemPlan:
    template = _desired_template(desired, host)
    kept = oned_host.kept if options.replace and desired.template is not None else None
    removed = {} if kept is None else {key: host.template[key] for key in update.surplus(template, host.template, kept)}
    before = _attributes(desired, host, removed)
    if (desired.im_mad or host.im_mad, desired.vmm_mad or host.vmm_mad) != (host.im_mad, host.vmm_mad):
        problem = (
            f"it is registered with the drivers {host.im_mad}/{host.vmm_mad}, and the desired ones are "
            f"{desired.im_mad or host.im_mad}/{desired.vmm_mad or host.vmm_mad}: OpenNebula cannot change the drivers "
            "of a host, so remove it (state absent) and add it again"
        )
        return ItemPlan(desired.name, host.id, before=before, after=before, problem=problem)
    after = dict(before)
    changes = []
    if desired.renames and host.name != desired.final_name:
        changes.append(Change("rename", "one.host.rename", (OWN_ID, desired.final_name)))
        after["name"] = desired.final_name
    cluster = None if desired.cluster is None else pick(observed.clusters, desired.cluster)
    if cluster is not None and cluster.id != host.cluster_id:
        changes.append(Change("cluster", "one.cluster.addhost", (cluster.id, OWN_ID)))
        after["cluster"] = cluster.name
    stored = update.change("one.host.update", template, host.template, kept)
    if stored is not None:
        changes.append(stored)
        remaining = {key: value for key, value in before["template"].items() if key not in removed}
        after["template"] = {**remaining, **syntax.differing(template, host.template)}
    status = _status_to_set(host, options)
    if status is not None:
        changes.extend(_PROBE_AGAIN if host.status == "error" and status == "enabled" else [_status(status)])
        after["status"] = _STATUSES[status][1]
    if options.flush and host.vms and options.state in ("disabled", "offline"):
        changes.extend(_flush(host))
        before["vms"], after["vms"] = list(host.vms), []
    return ItemPlan(desired.name, host.id, tuple(changes), before, after)


def _status_to_set(host: Host, options: HostOptions) -> str | None:
    """The status to set, or None if the host already has it."""
    state = options.state
    if host.status == "error" and state in ("present", "enabled"):
        return "enabled" if options.probe_again else None
    return state if state in _STATUSES and host.status != _STATUSES[state][1] else None


def _desired_template(desired: DesiredHost, host: Host) -> Template:
    template = desired.attributes
    if desired.labels is not None and set(desired.labels) == set(host.labels):
        template["LABELS"] = host.template.get("LABELS", "")  # the order does not matter
    return template


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


def _attributes(desired: DesiredHost, host: Host, removed: Template) -> dict[str, Any]:
    managed = {key: host.template[key] for key in desired.attributes if key in host.template}
    return {
        **({"name": host.name} if desired.renames else {}),
        "im_mad": host.im_mad,
        "vmm_mad": host.vmm_mad,
        "cluster": host.cluster,
        "status": host.status,
        "template": {**managed, **removed},
    }
