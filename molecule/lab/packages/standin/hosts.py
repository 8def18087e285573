# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Hosts: allocate, status, templates, capacity, and what monitoring makes of them (src/host, src/im)."""

from __future__ import annotations

import time

from api import ACTION, INTERNAL, Call, OneError, method
from clusters import DEFAULT_CLUSTER
from names import check_free, register_info, register_pool, register_rename, register_update
from store import Object, Store
from template import Template, cdata, first, merge, to_xml

INIT, MONITORED, ERROR, DISABLED, OFFLINE = 0, 2, 3, 4, 8
CAPACITY = ("FREE_CPU", "FREE_MEMORY", "USED_CPU", "USED_MEMORY")


def check_hostname(name: str) -> None:
    """src/host/HostPool.cc of 6.10.5, which the transcripts were recorded from."""
    if not 2 <= len(name) <= 63:
        length = "HOSTNAME length should be greater than 1, but smaller than 64 characters"
        raise OneError(f"Invalid HOSTNAME, {length}")
    if name[0] in "-._":
        raise OneError(f"Invalid HOSTNAME, first character can't be '{name[0]}'")
    for character in name:
        if not (character.isascii() and character.isalnum()) and character not in "-._":
            raise OneError(f"Invalid HOSTNAME, '{character}' is invalid character for a HOSTNAME")
    if name[-1] in "-._":
        raise OneError(f"Invalid HOSTNAME, last character can't be '{name[-1]}'")


def monitoring_xml(host: Object) -> str:
    sample = host["MONITORING"]
    if not sample:
        return "<MONITORING/>"
    capacity = "".join(f"<{name}>{cdata(sample.get(name, '0'))}</{name}>" for name in CAPACITY)
    network = "".join(f"<{name}>{cdata(sample.get(name, '0'))}</{name}>" for name in ("NETRX", "NETTX"))
    return (
        f"<MONITORING><TIMESTAMP>{sample['TIMESTAMP']}</TIMESTAMP><ID>{host['ID']}</ID>"
        f"<CAPACITY>{capacity}</CAPACITY><SYSTEM>{network}</SYSTEM></MONITORING>"
    )


def host_xml(call: Call, host: Object, in_pool: bool = False) -> str:
    share, disks = host["SHARE"], host["DISKS"]
    usage = {"DISK_USAGE": "0", **{name: disks.get(name, "0") for name in ("FREE_DISK", "MAX_DISK", "USED_DISK")}}
    # The pool shows no disk figures before the first report, and no samples at all (recorded).
    datastores = "" if in_pool and not disks else "".join(f"<{k}>{cdata(v)}</{k}>" for k, v in usage.items())
    return (
        f"<HOST><ID>{host['ID']}</ID><NAME>{host['NAME']}</NAME><STATE>{host['STATE']}</STATE>"
        f"<PREV_STATE>{host['STATE']}</PREV_STATE><IM_MAD>{cdata(host['IM_MAD'])}</IM_MAD>"
        f"<VM_MAD>{cdata(host['VM_MAD'])}</VM_MAD><CLUSTER_ID>{host['CLUSTER_ID']}</CLUSTER_ID>"
        f"<CLUSTER>{call.name('cluster', host['CLUSTER_ID'])}</CLUSTER><HOST_SHARE><MEM_USAGE>0</MEM_USAGE>"
        f"<CPU_USAGE>0</CPU_USAGE><TOTAL_MEM>{share['TOTAL_MEM']}</TOTAL_MEM><TOTAL_CPU>{share['TOTAL_CPU']}"
        f"</TOTAL_CPU><MAX_MEM>{share['MAX_MEM']}</MAX_MEM><MAX_CPU>{share['MAX_CPU']}</MAX_CPU>"
        f"<RUNNING_VMS>0</RUNNING_VMS><VMS_THREAD>1</VMS_THREAD><DATASTORES>{datastores}</DATASTORES>"
        "<PCI_DEVICES></PCI_DEVICES><NUMA_NODES></NUMA_NODES></HOST_SHARE><VMS></VMS>"
        f"{to_xml(host['TEMPLATE'])}{'<MONITORING/>' if in_pool else monitoring_xml(host)}</HOST>"
    )


def reserve(total: int, reserved: str) -> int:
    """What is left of a capacity: RESERVED_* is an amount or a percentage."""
    try:
        if reserved.rstrip().endswith("%"):
            return total - int(total * float(reserved.rstrip()[:-1]) / 100)
        return total - int(float(reserved)) if reserved else total
    except ValueError:
        return total


def set_capacity(store: Store, host: Object) -> None:
    cluster = store.get("cluster", host["CLUSTER_ID"]) or {"TEMPLATE": {}}
    for what in ("CPU", "MEM"):
        reserved = first(host["TEMPLATE"], f"RESERVED_{what}") or first(cluster["TEMPLATE"], f"RESERVED_{what}")
        host["SHARE"][f"MAX_{what}"] = reserve(host["SHARE"][f"TOTAL_{what}"], reserved)


def after_update(call: Call, host: Object) -> None:
    for name in ("IM_MAD", "VM_MAD"):
        host[name] = first(host["TEMPLATE"], name) or host[name]
    set_capacity(call.store, host)
    call.cloud.monitoring.update_host(host)


register_info("host", host_xml)
register_pool("host", lambda call, host: host_xml(call, host, in_pool=True))
register_update("host", keep=("IM_MAD", "VM_MAD"), after=after_update)
register_rename("host", after=lambda call, host: call.cloud.monitoring.update_host(host))


@method("one.host.allocate", "sssi", "Allocates a new host")
def allocate(call: Call, name: str, im_mad: str, vm_mad: str, cluster: int) -> int:
    cluster = DEFAULT_CLUSTER if cluster == -1 else cluster
    call.get("cluster", cluster)
    call.require(("CREATE", "HOST", None), ("ADMIN", "CLUSTER", cluster))
    check_hostname(name)
    for value, label in ((im_mad, "IM_MAD_NAME"), (vm_mad, "VMM_MAD_NAME")):
        if not value:
            raise OneError(f"{label} cannot be empty.", INTERNAL)
    check_free(call, "host", name)
    template = {"IM_MAD": [im_mad], "VM_MAD": [vm_mad], "RESERVED_CPU": [""], "RESERVED_MEM": [""]}
    host: Object = {
        "NAME": name,
        "STATE": INIT,
        "IM_MAD": im_mad,
        "VM_MAD": vm_mad,
        "CLUSTER_ID": cluster,
        "SHARE": {"TOTAL_MEM": 0, "TOTAL_CPU": 0, "MAX_MEM": 0, "MAX_CPU": 0},
        "DISKS": {},
        "TEMPLATE": template,
        "MONITORING": {},
    }
    oid = call.store.insert("host", host)
    call.cloud.monitoring.update_host(host)
    return oid


@method("one.host.status", "ii", "Sets the status of a host: 0 enabled, 1 disabled, 2 offline")
def status(call: Call, oid: int, code: int) -> int:
    host = call.get("host", oid)
    call.require(("ADMIN", "HOST", oid))
    if code == 0:
        known = host["STATE"] == DISABLED and host["SHARE"]["TOTAL_CPU"] > 0
        host["STATE"] = MONITORED if known else INIT
    elif code == 1:
        host["STATE"] = DISABLED
    elif code == 2:
        host["STATE"] = OFFLINE
        host["SHARE"] = dict.fromkeys(host["SHARE"], 0)
    else:
        raise OneError("Wrong status code", INTERNAL)
    call.store.save("host", host)
    call.cloud.monitoring.update_host(host)
    return oid


@method("one.host.delete", "i", "Deletes a host")
def delete(call: Call, oid: int) -> int:
    host = call.get("host", oid)
    call.require(("ADMIN", "HOST", oid))
    if host.get("VMS"):
        raise OneError("Cannot delete host. Can not remove a host with running VMs", ACTION)
    call.store.delete("host", oid)
    call.cloud.monitoring.delete_host(host)
    return oid


@method("one.host.monitoring", "i", "Returns the last monitoring record of a host")
def monitoring(call: Call, oid: int) -> str:
    host = call.get("host", oid)
    call.require(("USE", "HOST", oid))
    return f"<MONITORING_DATA>{monitoring_xml(host) if host['MONITORING'] else ''}</MONITORING_DATA>"


@method("one.hostpool.monitoring", "?i", "Returns the last monitoring records of all hosts")
def pool_monitoring(call: Call, seconds: int = -1) -> str:
    since = time.time() - seconds if seconds > 0 else 0
    hosts = [host for host in call.store.all("host") if host["MONITORING"].get("TIMESTAMP", -1) >= since]
    records = (monitoring_xml(host) for host in sorted(hosts, key=lambda host: host["ID"]))
    return f"<MONITORING_DATA>{''.join(records)}</MONITORING_DATA>"


def failed(store: Store, oid: int, reason: str) -> None:
    """onemonitord gave a host up."""
    host = store.get("host", oid)
    if host is None or host["STATE"] in (OFFLINE, ERROR):
        return
    text = f"{time.ctime()} : Error monitoring Host {host['NAME']} ({oid}): {reason}"
    host["TEMPLATE"]["ERROR"] = [text]
    host["STATE"] = host["STATE"] if host["STATE"] == DISABLED else ERROR
    host["DISKS"] = host["DISKS"] or {"FREE_DISK": "0", "MAX_DISK": "0", "USED_DISK": "0"}
    store.save("host", host)


def reported(store: Store, oid: int, system: Template, disks: dict[str, str]) -> None:
    """A host's system report: capacity and attributes; the host is MONITORED from now on."""
    host = store.get("host", oid)
    if host is None or host["STATE"] == OFFLINE:
        return
    host["TEMPLATE"].pop("ERROR", None)
    for what, name in (("TOTAL_CPU", "TOTALCPU"), ("TOTAL_MEM", "TOTALMEMORY")):
        host["SHARE"][what] = int(first(system, name, "0"))
        system.pop(name, None)
    host["TEMPLATE"] = merge(host["TEMPLATE"], system)
    host["DISKS"] = disks
    host["STATE"] = host["STATE"] if host["STATE"] == DISABLED else MONITORED
    set_capacity(store, host)
    store.save("host", host)


def measured(store: Store, oid: int, sample: dict[str, str]) -> None:
    """A host's monitoring report."""
    host = store.get("host", oid)
    if host is None or host["STATE"] == OFFLINE:
        return
    host["MONITORING"] = {**sample, "TIMESTAMP": int(time.time())}
    store.save("host", host)
