# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Hosts: allocate, status, templates, capacity, and what monitoring makes of them (src/host, src/im)."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Any

import objects
from api import INTERNAL, Call, OneError, method
from clusters import DEFAULT_CLUSTER
from objects import change
from store import Object, Store
from template import cdata, elements, first, to_xml

INIT, MONITORED, ERROR, DISABLED, OFFLINE = 0, 2, 3, 4, 8
CAPACITY = ("FREE_CPU", "FREE_MEMORY", "USED_CPU", "USED_MEMORY")
SHARE = ("TOTAL_MEM", "TOTAL_CPU", "MAX_MEM", "MAX_CPU")
NO_DISKS = {"FREE_DISK": "0", "MAX_DISK": "0", "USED_DISK": "0"}


def check_hostname(name: str) -> None:
    """src/host/HostPool.cc of 6.10.5, which the transcripts were recorded from."""
    if not 2 <= len(name) <= 63:
        length = "HOSTNAME length should be greater than 1, but smaller than 64 characters"
        raise OneError(f"Invalid HOSTNAME, {length}")
    refused = (
        (r"^[-._]", "first character can't be '{}'"),
        (r"[^A-Za-z0-9._-]", "'{}' is invalid character for a HOSTNAME"),
        (r"[-._]$", "last character can't be '{}'"),
    )
    for pattern, reason in refused:
        if found := re.search(pattern, name):
            raise OneError(f"Invalid HOSTNAME, {reason.format(found[0])}")


def monitoring_xml(host: Object) -> str:
    sample = host["MONITORING"]
    if not sample:
        return "<MONITORING/>"
    capacity = to_xml({name: [sample.get(name, "0")] for name in CAPACITY}, "CAPACITY")
    network = to_xml({name: [sample.get(name, "0")] for name in ("NETRX", "NETTX")}, "SYSTEM")
    moment = f"<TIMESTAMP>{sample['TIMESTAMP']}</TIMESTAMP><ID>{host['ID']}</ID>"
    return f"<MONITORING>{moment}{capacity}{network}</MONITORING>"


def host_xml(call: Call, host: Object, in_pool: bool = False) -> str:
    # The pool shows no disk figures before the first report, and no samples at all (recorded).
    usage = {} if in_pool and not host["DISKS"] else {"DISK_USAGE": "0"} | NO_DISKS | host["DISKS"]
    datastores = to_xml({name: [value] for name, value in usage.items()}, "DATASTORES")
    numbers = elements({"MEM_USAGE": 0, "CPU_USAGE": 0} | host["SHARE"], "MEM_USAGE", "CPU_USAGE", *SHARE)
    cluster = call.name("cluster", host["CLUSTER_ID"])
    return (
        f"<HOST>{elements(host, 'ID', 'NAME', 'STATE')}<PREV_STATE>{host['STATE']}</PREV_STATE>"
        f"<IM_MAD>{cdata(host['IM_MAD'])}</IM_MAD><VM_MAD>{cdata(host['VM_MAD'])}</VM_MAD>"
        f"<CLUSTER_ID>{host['CLUSTER_ID']}</CLUSTER_ID><CLUSTER>{cluster}</CLUSTER>"
        f"<HOST_SHARE>{numbers}<RUNNING_VMS>0</RUNNING_VMS><VMS_THREAD>1</VMS_THREAD>{datastores}"
        "<PCI_DEVICES></PCI_DEVICES><NUMA_NODES></NUMA_NODES></HOST_SHARE><VMS></VMS>"
        f"{to_xml(host['TEMPLATE'])}{'<MONITORING/>' if in_pool else monitoring_xml(host)}</HOST>"
    )


def reserve(total: int, reserved: str) -> int:
    """What is left of a capacity: RESERVED_* is an amount or a percentage."""
    amount = re.fullmatch(r"\s*(-?[\d.]+)(%?)\s*", reserved)
    if amount is None:
        return total
    return total - int(float(amount[1]) * (total / 100 if amount[2] else 1))


def set_capacity(store: Store, host: Object) -> None:
    cluster = store.get("cluster", host["CLUSTER_ID"]) or {"TEMPLATE": {}}
    for what in ("CPU", "MEM"):
        own, common = (first(item["TEMPLATE"], f"RESERVED_{what}") for item in (host, cluster))
        host["SHARE"][f"MAX_{what}"] = reserve(host["SHARE"][f"TOTAL_{what}"], own or common)


def updated(call: Call, host: Object) -> None:
    for name in ("IM_MAD", "VM_MAD"):
        host[name] = first(host["TEMPLATE"], name) or host[name]
        host["TEMPLATE"][name] = [host[name]]
    set_capacity(call.store, host)


objects.register_info("host", host_xml, in_pool=partial(host_xml, in_pool=True))
objects.register_update("host", "ADMIN", after=updated)
objects.register_rename("host", "ADMIN")
# Nothing keeps a host: there are no virtual machines here.
objects.register_delete("host", lambda _call, _host: "")


@method("one.host.allocate", "sssi", "Allocates a new host")
def allocate(call: Call, name: str, im_mad: str, vm_mad: str, cluster: int) -> int:
    cluster = DEFAULT_CLUSTER if cluster == -1 else cluster
    call.get("cluster", cluster)
    call.require(("CREATE", "HOST", None), ("ADMIN", "CLUSTER", cluster))
    check_hostname(name)
    for value, label in ((im_mad, "IM_MAD_NAME"), (vm_mad, "VMM_MAD_NAME")):
        if not value:
            raise OneError(f"{label} cannot be empty.", INTERNAL)
    objects.check_free(call, "host", name)
    template = {"IM_MAD": [im_mad], "VM_MAD": [vm_mad], "RESERVED_CPU": [""], "RESERVED_MEM": [""]}
    host: Object = {"NAME": name, "STATE": INIT, "IM_MAD": im_mad, "VM_MAD": vm_mad, "CLUSTER_ID": cluster}
    host |= {"SHARE": dict.fromkeys(SHARE, 0), "DISKS": {}, "TEMPLATE": template, "MONITORING": {}}
    return call.store.insert("host", host)


@change("one.host.status", "i", "Sets the status of the host")
def status(_call: Call, host: Object, code: int) -> None:
    if code not in (0, 1, 2):
        raise OneError("Wrong status code", INTERNAL)
    known = host["STATE"] == DISABLED and host["SHARE"]["TOTAL_CPU"] > 0
    enabled = MONITORED if known else INIT
    host["STATE"] = (enabled, DISABLED, OFFLINE)[code]
    if code == 2:
        host["SHARE"], host["DISKS"] = dict.fromkeys(SHARE, 0), host["DISKS"] or NO_DISKS


@method("one.host.monitoring", "i", "Returns the host monitoring records")
def monitoring(call: Call, oid: int) -> str:
    host = call.get("host", oid)
    call.require(("USE", "HOST", oid))
    return f"<MONITORING_DATA>{monitoring_xml(host) if host['MONITORING'] else ''}</MONITORING_DATA>"


@method("one.hostpool.monitoring", "?i", "Returns the host monitoring records")
def pool_monitoring(call: Call, seconds: int = -1) -> str:
    since = time.time() - seconds if seconds > 0 else 0
    hosts = [host for host in call.store.all("host") if host["MONITORING"].get("TIMESTAMP", -1) >= since]
    records = (monitoring_xml(host) for host in sorted(hosts, key=lambda host: host["ID"]))
    return f"<MONITORING_DATA>{''.join(records)}</MONITORING_DATA>"


def failed(_store: Store, host: Object, report: dict[str, Any]) -> None:
    """onemonitord gave a host up."""
    text = f"Error monitoring Host {host['NAME']} ({host['ID']}): {report['reason']}"
    host["TEMPLATE"]["ERROR"] = [f"{time.ctime()} : {text}"]
    host["STATE"] = host["STATE"] if host["STATE"] == DISABLED else ERROR
    host["DISKS"] = host["DISKS"] or NO_DISKS


def monitored(store: Store, host: Object, report: dict[str, Any]) -> None:
    """A host's system report: capacity and attributes; the host is MONITORED from now on."""
    system = report["template"]
    host["TEMPLATE"].pop("ERROR", None)
    for what, name in (("TOTAL_CPU", "TOTALCPU"), ("TOTAL_MEM", "TOTALMEMORY")):
        host["SHARE"][what] = int(first(system, name, "0"))
        system.pop(name, None)
    host["TEMPLATE"] |= system
    host["DISKS"] = report["disks"]
    host["STATE"] = host["STATE"] if host["STATE"] == DISABLED else MONITORED
    set_capacity(store, host)


def measured(_store: Store, host: Object, report: dict[str, Any]) -> None:
    host["MONITORING"] = report["sample"] | {"TIMESTAMP": int(time.time())}


REPORTS = {"HOST_STATE": failed, "HOST_SYSTEM": monitored, "MONITOR_HOST": measured}


def reported(store: Store, report: dict[str, Any]) -> None:
    """Take in what onemonitord says of a host."""
    host = store.get("host", report["id"])
    if host is not None and host["STATE"] != OFFLINE:
        REPORTS[report["type"]](store, host, report)
        store.save("host", host)
