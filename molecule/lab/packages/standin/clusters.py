# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Clusters, the zone, the default datastores, and the pools that are empty here."""

from __future__ import annotations

from functools import partial

import objects
from api import ACTION, ALLOCATE, Call, OneError, method
from objects import change
from store import Object, Store
from template import ParseError, cdata, elements, first, ids, masked, parse, to_xml, vector

DEFAULT_CLUSTER = 0
VERSION = "6.10.0.1"


def contents(call: Call, cluster: Object) -> dict[str, list[int]]:
    """The ids of the hosts and datastores of a cluster."""
    oid = cluster["ID"]
    hosts = sorted(host["ID"] for host in call.store.all("host") if host["CLUSTER_ID"] == oid)
    datastores = sorted(item["ID"] for item in call.store.all("datastore") if oid in item["CLUSTERS"])
    return {"hosts": hosts, "datastores": datastores}


def cluster_xml(call: Call, cluster: Object) -> str:
    held = "".join(ids(kind.upper(), values) for kind, values in contents(call, cluster).items())
    named = elements(cluster, "ID", "NAME")
    return f"<CLUSTER>{named}{held}<VNETS></VNETS>{to_xml(cluster['TEMPLATE'])}</CLUSTER>"


def not_empty(call: Call, cluster: Object) -> str:
    for kind, held in contents(call, cluster).items():
        if held:
            return f"Cluster {cluster['ID']} is not empty, it contains {len(held)} {kind}."
    return ""


objects.register_info("cluster", cluster_xml)
objects.register_update("cluster")
objects.register_rename("cluster")


def new_cluster(store: Store, name: str, oid: int | None = None) -> int:
    template = {"RESERVED_CPU": [""], "RESERVED_MEM": [""]}
    return store.insert("cluster", {"NAME": name, "TEMPLATE": template}, oid)


objects.register_allocate("cluster", lambda call, name: new_cluster(call.store, name))
objects.register_delete("cluster", not_empty, first_id=100)


def move_host(call: Call, cluster: int, oid: int) -> int:
    call.get("cluster", cluster)
    host = call.get("host", oid)
    call.require(("ADMIN", "CLUSTER", cluster), ("ADMIN", "HOST", oid))
    call.store.save("host", host | {"CLUSTER_ID": cluster})
    return cluster


method("one.cluster.addhost", "ii", "Adds a host to the cluster")(move_host)


@method("one.cluster.delhost", "ii", "Deletes a host from its cluster")
def delhost(call: Call, _cluster: int, oid: int) -> int:
    # A host is in one cluster only: which one the caller names does not matter to oned.
    return move_host(call, DEFAULT_CLUSTER, oid)


def place_datastore(inside: bool, call: Call, cluster: int, oid: int) -> int:
    call.get("cluster", cluster)
    datastore = call.get("datastore", oid)
    call.require(("ADMIN", "CLUSTER", cluster), ("ADMIN", "DATASTORE", oid))
    others = {*datastore["CLUSTERS"]} - {cluster}
    clusters = sorted(others | {cluster} if inside else others)
    call.store.save("datastore", datastore | {"CLUSTERS": clusters})
    return cluster


ADD, DELETE = "Adds a datastore to the cluster", "Deletes a datastore from its cluster"
method("one.cluster.adddatastore", "ii", ADD)(partial(place_datastore, True))
method("one.cluster.deldatastore", "ii", DELETE)(partial(place_datastore, False))

# The three datastores of an empty cloud: name, TYPE, its word, DS_MAD and what only this type has.
DATASTORES = (
    ("system", 1, "SYSTEM_DS", "-", {"SHARED": "NO", "DS_MIGRATE": "YES", "DISK_TYPE": "FILE"}),
    ("default", 0, "IMAGE_DS", "fs", {"CLONE_TARGET": "SYSTEM", "LN_TARGET": "SYSTEM", "DISK_TYPE": "FILE"}),
    ("files", 2, "FILE_DS", "fs", {"CLONE_TARGET": "SYSTEM", "LN_TARGET": "SYSTEM"}),
)
BITS = {f"{who}_{right}": 0 for who in ("OWNER", "GROUP", "OTHER") for right in "UMA"}
BITS |= {"OWNER_U": 1, "OWNER_M": 1, "GROUP_U": 1}
PERMISSIONS = f"<PERMISSIONS>{elements(BITS, *BITS)}</PERMISSIONS>"


def datastore_xml(_call: Call, item: Object) -> str:
    path = f"/var/lib/one//datastores/{item['ID']}"
    return (
        f"<DATASTORE><ID>{item['ID']}</ID><UID>0</UID><GID>0</GID>"
        f"<UNAME>oneadmin</UNAME><GNAME>oneadmin</GNAME><NAME>{item['NAME']}</NAME>{PERMISSIONS}"
        f"<DS_MAD>{cdata(first(item['TEMPLATE'], 'DS_MAD', '-'))}</DS_MAD><TM_MAD>{cdata('ssh')}</TM_MAD>"
        f"<BASE_PATH>{cdata(path)}</BASE_PATH><TYPE>{item['TYPE']}</TYPE>"
        f"<DISK_TYPE>0</DISK_TYPE><STATE>0</STATE>{ids('CLUSTERS', item['CLUSTERS'])}"
        "<TOTAL_MB>0</TOTAL_MB><FREE_MB>0</FREE_MB><USED_MB>0</USED_MB><IMAGES></IMAGES>"
        f"{to_xml(item['TEMPLATE'])}</DATASTORE>"
    )


objects.register_info("datastore", datastore_xml)


def zone_xml(_call: Call, zone: Object) -> str:
    servers = to_xml({"SERVER": zone["SERVERS"]}, "SERVER_POOL")
    return f"<ZONE>{elements(zone, 'ID', 'NAME', 'STATE')}{to_xml(zone['TEMPLATE'])}{servers}</ZONE>"


def after_zone_update(_call: Call, zone: Object) -> None:
    zone["TEMPLATE"]["ENDPOINT"] = [first(zone["TEMPLATE"], "ENDPOINT") or "-"]
    zone["TEMPLATE"].pop("SERVER", None)


objects.register_info("zone", zone_xml)
objects.register_update("zone", after=after_zone_update)
objects.register_rename("zone")
# There is no zone but the first.
objects.register_delete("zone", lambda _call, _zone: "", first_id=100)


@method("one.zone.allocate", "s", "Allocates a new zone")
def zone_allocate(_call: Call, _template: str) -> int:
    message = "Error allocating a new zone. New zones can only be created at federation master"
    raise OneError(message, ALLOCATE)


@change("one.zone.enable", "b", "Enable or disable zone", elsewhere="Enable/disable mode have to be set")
def zone_enable(_call: Call, zone: Object, enabled: bool) -> None:
    zone["STATE"] = 0 if enabled else 1


@change("one.zone.addserver", "s", "Add a server to zone", elsewhere="Servers have to be added")
def zone_addserver(_call: Call, zone: Object, text: str) -> None:
    try:
        new = vector(parse(text), "SERVER")
    except ParseError as error:
        raise OneError(str(error), ACTION) from error
    if not new:
        raise OneError("", ACTION)
    for name in ("ENDPOINT", "NAME"):
        if name not in new:
            raise OneError(f"Missing {name} in SERVER", ACTION)
    server_id = max((server["ID"] for server in zone["SERVERS"]), default=-1) + 1
    zone["SERVERS"].append({"ID": server_id, "NAME": new["NAME"], "ENDPOINT": new["ENDPOINT"]})


@change("one.zone.delserver", "i", "Delete a server from zone", elsewhere="Servers have to be deleted")
def zone_delserver(_call: Call, zone: Object, server_id: int) -> None:
    left = [server for server in zone["SERVERS"] if server["ID"] != server_id]
    if left == zone["SERVERS"]:
        raise OneError("SERVER not found in zone", ACTION)
    zone["SERVERS"] = left


@method("one.zone.raftstatus", "", "Returns Raft status")
def raftstatus(call: Call) -> str:
    call.require(("ADMIN", "ZONE", 0))
    return f"<RAFT>{elements(call.cloud.raft, *call.cloud.raft)}</RAFT>"


@method("one.system.version", "", "Returns the OpenNebula version")
def version(_call: Call) -> str:
    return VERSION


@method("one.system.config", "", "Returns the OpenNebula configuration")
def system_config(call: Call) -> str:
    # Administrators are shown the database's credentials, as by oned.
    config = call.cloud.config if call.user["GID"] == 0 else masked(call.cloud.config)
    return to_xml(config, "OPENNEBULA_CONFIGURATION")


# Pools of what cannot be created here: an honest "none".
TAGS = {"template": "VMTEMPLATE", "vn": "VNET", "vmgroup": "VM_GROUP", "marketapp": "MARKETPLACEAPP"}
FILTERS = {"vm": "iiii?s", "document": "iiii"}
EMPTY = ("vm", "image", "template", "vn", "hook", "document", "vmgroup", "vrouter", "backupjob", "marketapp")
for _name in EMPTY:
    _tag = f"{TAGS.get(_name, _name.upper())}_POOL"
    _register = method(f"one.{_name}pool.info", FILTERS.get(_name, "iii"), f"Returns the {_name} pool")
    _register(lambda _call, *_filter, tag=_tag: to_xml({}, tag))


def bootstrap_clusters(store: Store, endpoint: str) -> None:
    """Zone, cluster and datastores of an empty cloud."""
    zone = {"NAME": "OpenNebula", "STATE": 0, "TEMPLATE": {"ENDPOINT": [endpoint]}, "SERVERS": []}
    store.insert("zone", zone, 0)
    new_cluster(store, "default", DEFAULT_CLUSTER)
    common = {"ALLOW_ORPHANS": "YES", "RESTRICTED_DIRS": "/", "SAFE_DIRS": "/var/tmp", "TM_MAD": "ssh"}
    for number, (name, kind, word, driver, own) in enumerate(DATASTORES):
        values = {**common, **own, "TYPE": word} | ({} if driver == "-" else {"DS_MAD": driver})
        template = {key: [value] for key, value in values.items()}
        store.insert("datastore", {"NAME": name, "TYPE": kind, "CLUSTERS": [0], "TEMPLATE": template}, number)
    for pool in ("zone", "cluster", "datastore"):
        store.set_last(pool, 99)
