# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Hosts, and what monitoring makes of them (src/host, src/im)."""

import json
import logging
import re
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from engine import Call, Kind, Xml, refuse
from store import DatabaseAway, Object, Store
from template import elements, first, to_xml

log = logging.getLogger("InM")

INIT, MONITORED, ERROR, DISABLED, OFFLINE = 0, 2, 3, 4, 8
SHARE = ("MEM_USAGE", "CPU_USAGE", "TOTAL_MEM", "TOTAL_CPU", "MAX_MEM", "MAX_CPU", "RUNNING_VMS", "VMS_THREAD")
NO_DISKS = {"FREE_DISK": "0", "MAX_DISK": "0", "USED_DISK": "0"}
NO_DEVICES = "<PCI_DEVICES></PCI_DEVICES><NUMA_NODES></NUMA_NODES>"
NO_NETWORK = to_xml({"NETRX": ["0"], "NETTX": ["0"]}, "SYSTEM")
RESTART_SECONDS = 1


def flat_xml(values: dict[str, Any], tag: str) -> str:
    return to_xml({name: [str(value)] for name, value in values.items()}, tag)


class Host(Kind):
    name = "host"
    layout = "ID NAME STATE PREV_STATE IM_MAD! VM_MAD! CLUSTER_ID CLUSTER HOST_SHARE VMS TEMPLATE MONITORING"
    calls = "info:i pool: allocate:sssi delete:i monitoring:?i"
    changes = "update:s?i rename:s status:i"
    templated, clustered, right = False, True, "ADMIN"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        # The pool shows no disk figures before the first report, and no samples at all (recorded).
        disks = {"DISK_USAGE": 0} | NO_DISKS | item["DISKS"] if alone or item["DISKS"] else {}
        vms = call.ids("vm", lambda vm: vm["HID"] == item["ID"])
        share = elements(item["SHARE"] | {"RUNNING_VMS": len(vms), "VMS_THREAD": 1}, *SHARE)
        share += flat_xml(disks, "DATASTORES") + NO_DEVICES
        shown = {"HOST_SHARE": Xml(f"<HOST_SHARE>{share}</HOST_SHARE>"), "VMS": vms, "PREV_STATE": item["STATE"]}
        shown |= {"CLUSTER_ID": item["CLUSTERS"][0], "CLUSTER": call.name("cluster", item["CLUSTERS"][0])}
        return shown | {"MONITORING": Xml(self.sample(item) if alone and item["HEARD"] else "<MONITORING/>")}

    def sample(self, item: Object) -> str:
        moment = elements(item | {"TIMESTAMP": item["HEARD"]}, "TIMESTAMP", "ID")
        return f"<MONITORING>{moment}{flat_xml(item['SAMPLE'], 'CAPACITY')}{NO_NETWORK}</MONITORING>"

    def monitoring(self, call: Call, *_seconds: int) -> str:
        heard = [host for host in reversed(call.store.all("host")) if host["HEARD"] and call.may("USE", "host", host)]
        return f"<MONITORING_DATA>{''.join(map(self.sample, heard))}</MONITORING_DATA>"

    def check_name(self, name: str) -> None:
        """src/host/HostPool.cc of 6.10.5, which the transcripts were recorded from."""
        start, wrong, end = re.match("[-._]", name), re.search("[^A-Za-z0-9._-]", name), re.search("[-._]$", name)
        length = "HOSTNAME length should be greater than 1, but smaller than 64 characters"
        refuse(
            (not 2 <= len(name) <= 63, f"Invalid HOSTNAME, {length}"),
            (start, f"Invalid HOSTNAME, first character can't be '{start and start[0]}'"),
            (wrong, f"Invalid HOSTNAME, '{wrong and wrong[0]}' is invalid character for a HOSTNAME"),
            (end, f"Invalid HOSTNAME, last character can't be '{end and end[0]}'"),
        )

    def born(self, _call: Call, item: Object, im_mad: str, vm_mad: str, _cluster: int) -> None:
        refuse((not im_mad, "IM_MAD_NAME cannot be empty."), (not vm_mad, "VMM_MAD_NAME cannot be empty."))
        item["TEMPLATE"] = {"IM_MAD": [im_mad], "VM_MAD": [vm_mad], "RESERVED_CPU": [""], "RESERVED_MEM": [""]}
        item |= {"STATE": INIT, "IM_MAD": im_mad, "VM_MAD": vm_mad}
        item |= {"SHARE": dict.fromkeys(SHARE, 0), "DISKS": {}, "HEARD": 0, "SAMPLE": {}}

    def undeletable(self, call: Call, item: Object) -> str:
        return "Can not remove a host with running VMs" if self.view(call, item, True)["VMS"] else ""

    def updated(self, call: Call, item: Object) -> None:
        for name in ("IM_MAD", "VM_MAD"):
            item[name] = first(item["TEMPLATE"], name) or item[name]
            item["TEMPLATE"][name] = [item[name]]
        set_capacity(call.store, item)

    def status(self, _call: Call, host: Object, code: int) -> None:
        refuse((code not in (0, 1, 2), "Wrong status code"))
        known = host["STATE"] == DISABLED and host["SHARE"]["TOTAL_CPU"] > 0
        host["STATE"] = (MONITORED if known else INIT, DISABLED, OFFLINE)[code]
        if code == 2:
            host["SHARE"], host["DISKS"] = dict.fromkeys(SHARE, 0), host["DISKS"] or NO_DISKS


def set_capacity(store: Store, host: Object) -> None:
    """What is left of a capacity: RESERVED_* is an amount or a percentage."""
    cluster = store.get("cluster", host["CLUSTERS"][0]) or {"TEMPLATE": {}}
    for what in ("CPU", "MEM"):
        total = host["SHARE"][f"TOTAL_{what}"]
        own, common = (first(item["TEMPLATE"], f"RESERVED_{what}") for item in (host, cluster))
        amount = re.fullmatch(r"\s*(-?[\d.]+)(%?)\s*", own or common)
        reserved = float(amount[1]) * (total / 100 if amount[2] else 1) if amount else 0
        host["SHARE"][f"MAX_{what}"] = total - int(reserved)


def reported(store: Store, report: dict[str, Any]) -> None:
    """Take in what onemonitord says of a host: why it failed, or what it is, has and does."""
    host = store.get("host", report["id"])
    if host is None or host["STATE"] == OFFLINE:
        return
    failed = "reason" in report
    if failed:
        text = f"Error monitoring Host {host['NAME']} ({host['ID']}): {report['reason']}"
        host["TEMPLATE"]["ERROR"] = [f"{time.ctime()} : {text}"]
        host["DISKS"] = host["DISKS"] or NO_DISKS
    else:
        system = report["template"]
        host["SHARE"] |= {"TOTAL_CPU": int(system.pop("TOTALCPU")), "TOTAL_MEM": int(system.pop("TOTALMEMORY"))}
        host["TEMPLATE"].pop("ERROR", None)
        host["TEMPLATE"] |= {name: [str(value)] for name, value in system.items()}
        host |= {"DISKS": report["disks"], "HEARD": int(time.time()), "SAMPLE": report["sample"]}
        set_capacity(store, host)
    if host["STATE"] != DISABLED:
        host["STATE"] = ERROR if failed else MONITORED
    store.save("host", host)


class Monitoring(threading.Thread):
    """Tells onemonitord about hosts and writes what it reports into the store."""

    def __init__(self, store: Store, command: list[str]) -> None:
        super().__init__(daemon=True)
        self.store, self.command, store.told = store, command, self.tell
        self.process: subprocess.Popen[str] | None = None
        self.stopping = False

    def tell(self) -> None:
        """Tell onemonitord of the hosts written; the store is still locked, so the order is kept."""
        if self.process is None or self.process.stdin is None:
            return
        for oid in sorted(self.store.touched):
            host = self.store.get("host", oid)
            known = [host["NAME"], host["IM_MAD"]] if host and host["STATE"] != OFFLINE else None
            try:
                self.process.stdin.write(json.dumps({"id": oid, "host": known}) + "\n")
                self.process.stdin.flush()
            except OSError as error:
                log.error("onemonitord does not listen: %s", error)

    def run(self) -> None:
        """Keep a onemonitord running; a new one is told every host."""
        while not self.stopping:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.in_transaction(lambda: self.store.touched.update(host["ID"] for host in self.store.all("host")))
            for line in self.process.stdout or ():
                report = json.loads(line)
                log.debug("host %s: %s", report["id"], report.get("reason", "monitored"))
                self.in_transaction(partial(reported, self.store, report))
            if not self.stopping:
                log.error("onemonitord ended with %s, starting it again", self.process.wait())
                time.sleep(RESTART_SECONDS)

    def in_transaction(self, work: Callable[[], None]) -> None:
        try:
            with self.store.transaction():
                work()
        except DatabaseAway as error:
            log.error("a report, or all hosts for onemonitord, are lost: %s", error)

    def stop(self) -> None:
        self.stopping = True
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
