# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Clusters, the zone, the default datastores, and the pools that are empty here."""

from __future__ import annotations

from api import ACTION, ALLOCATE, INTERNAL, Call, Cloud, OneError, method
from names import check_free, check_name, ids, parsed, register_info, register_pool, register_rename, register_update
from store import Object, Store
from template import Template, cdata, first, to_xml, vector

DEFAULT_CLUSTER = 0
VERSION = "6.10.0.1"


def cluster_xml(call: Call, cluster: Object) -> str:
    hosts = sorted(host["ID"] for host in call.store.all("host") if host["CLUSTER_ID"] == cluster["ID"])
    datastores = sorted(item["ID"] for item in call.store.all("datastore") if cluster["ID"] in item["CLUSTERS"])
    return (
        f"<CLUSTER><ID>{cluster['ID']}</ID><NAME>{cluster['NAME']}</NAME>{ids(hosts, 'HOSTS')}"
        f"{ids(datastores, 'DATASTORES')}<VNETS></VNETS>{to_xml(cluster['TEMPLATE'])}</CLUSTER>"
    )


register_info("cluster", cluster_xml)
register_pool("cluster", cluster_xml)
register_update("cluster")
register_rename("cluster")


def new_cluster(store: Store, name: str, oid: int | None = None) -> int:
    return store.insert("cluster", {"NAME": name, "TEMPLATE": {"RESERVED_CPU": [""], "RESERVED_MEM": [""]}}, oid)


@method("one.cluster.allocate", "s", "Creates a new cluster")
def allocate(call: Call, name: str) -> int:
    call.require(("CREATE", "CLUSTER", None))
    check_name(name, INTERNAL)
    check_free(call, "cluster", name)
    return new_cluster(call.store, name)


@method("one.cluster.delete", "i", "Deletes a cluster")
def delete(call: Call, oid: int) -> int:
    call.get("cluster", oid)
    call.require(("ADMIN", "CLUSTER", oid))
    if oid < 100:
        raise OneError("Cannot delete cluster. System Clusters (ID < 100) cannot be deleted.", ACTION)
    hosts = [item for item in call.store.all("host") if item["CLUSTER_ID"] == oid]
    datastores = [item for item in call.store.all("datastore") if oid in item["CLUSTERS"]]
    for what, held in (("hosts", hosts), ("datastores", datastores)):
        if held:
            message = f"Cannot delete cluster. Cluster {oid} is not empty, it contains {len(held)} {what}."
            raise OneError(message, ACTION)
    call.store.delete("cluster", oid)
    return oid


def move_host(call: Call, cluster: int, host_id: int, target: int) -> int:
    call.get("cluster", cluster)
    host = call.get("host", host_id)
    call.require(("ADMIN", "CLUSTER", cluster), ("ADMIN", "HOST", host_id))
    host["CLUSTER_ID"] = target
    call.store.save("host", host)
    return target


@method("one.cluster.addhost", "ii", "Moves a host into a cluster")
def addhost(call: Call, cluster: int, host_id: int) -> int:
    return move_host(call, cluster, host_id, cluster)


@method("one.cluster.delhost", "ii", "Moves a host back to the default cluster")
def delhost(call: Call, cluster: int, host_id: int) -> int:
    return move_host(call, cluster, host_id, DEFAULT_CLUSTER)


def place_datastore(call: Call, cluster: int, oid: int, inside: bool) -> int:
    call.get("cluster", cluster)
    datastore = call.get("datastore", oid)
    call.require(("ADMIN", "CLUSTER", cluster), ("ADMIN", "DATASTORE", oid))
    others = {*datastore["CLUSTERS"]} - {cluster}
    datastore["CLUSTERS"] = sorted(others | {cluster} if inside else others)
    call.store.save("datastore", datastore)
    return cluster


@method("one.cluster.adddatastore", "ii", "Adds a datastore to a cluster")
def adddatastore(call: Call, cluster: int, oid: int) -> int:
    return place_datastore(call, cluster, oid, inside=True)


@method("one.cluster.deldatastore", "ii", "Removes a datastore from a cluster")
def deldatastore(call: Call, cluster: int, oid: int) -> int:
    return place_datastore(call, cluster, oid, inside=False)


# The three datastores of an empty cloud: name, TYPE, its word, DS_MAD and what only this type has.
DATASTORES = (
    ("system", 1, "SYSTEM_DS", "-", {"SHARED": "NO", "DS_MIGRATE": "YES", "DISK_TYPE": "FILE"}),
    ("default", 0, "IMAGE_DS", "fs", {"CLONE_TARGET": "SYSTEM", "LN_TARGET": "SYSTEM", "DISK_TYPE": "FILE"}),
    ("files", 2, "FILE_DS", "fs", {"CLONE_TARGET": "SYSTEM", "LN_TARGET": "SYSTEM"}),
)


def datastore_xml(call: Call, item: Object) -> str:
    rights = zip(("OWNER_U", "OWNER_M", "OWNER_A", "GROUP_U", "GROUP_M", "GROUP_A"), (1, 1, 0, 1, 0, 0), strict=True)
    permissions = "".join(f"<{name}>{value}</{name}>" for name, value in rights)
    others = "".join(f"<OTHER_{letter}>0</OTHER_{letter}>" for letter in "UMA")
    return (
        f"<DATASTORE><ID>{item['ID']}</ID><UID>0</UID><GID>0</GID><UNAME>oneadmin</UNAME><GNAME>oneadmin</GNAME>"
        f"<NAME>{item['NAME']}</NAME><PERMISSIONS>{permissions}{others}</PERMISSIONS>"
        f"<DS_MAD>{cdata(first(item['TEMPLATE'], 'DS_MAD', '-'))}</DS_MAD><TM_MAD>{cdata('ssh')}</TM_MAD>"
        f"<BASE_PATH>{cdata('/var/lib/one//datastores/' + str(item['ID']))}</BASE_PATH><TYPE>{item['TYPE']}</TYPE>"
        f"<DISK_TYPE>0</DISK_TYPE><STATE>0</STATE>{ids(item['CLUSTERS'], 'CLUSTERS')}"
        "<TOTAL_MB>0</TOTAL_MB><FREE_MB>0</FREE_MB><USED_MB>0</USED_MB><IMAGES></IMAGES>"
        f"{to_xml(item['TEMPLATE'])}</DATASTORE>"
    )


register_info("datastore", datastore_xml)
register_pool("datastore", datastore_xml)


def zone_xml(_call: Call, zone: Object) -> str:
    servers = "".join(
        f"<SERVER><ENDPOINT>{cdata(server['ENDPOINT'])}</ENDPOINT><ID>{cdata(server['ID'])}</ID>"
        f"<NAME>{cdata(server['NAME'])}</NAME></SERVER>"
        for server in zone["SERVERS"]
    )
    return (
        f"<ZONE><ID>{zone['ID']}</ID><NAME>{zone['NAME']}</NAME><STATE>{zone['STATE']}</STATE>"
        f"{to_xml(zone['TEMPLATE'])}<SERVER_POOL>{servers}</SERVER_POOL></ZONE>"
    )


register_info("zone", zone_xml)
register_pool("zone", zone_xml)
register_update("zone", keep=("ENDPOINT",))
register_rename("zone")


@method("one.zone.allocate", "s", "Creates a new zone")
def zone_allocate(call: Call, _template: str) -> int:
    message = "Error allocating a new zone. New zones can only be created at federation master"
    raise OneError(message, ALLOCATE)


@method("one.zone.delete", "i", "Deletes a zone")
def zone_delete(call: Call, oid: int) -> int:
    call.get("zone", oid)
    call.require(("ADMIN", "ZONE", oid))
    raise OneError("Cannot delete zone. System Zones (ID < 100) cannot be deleted.", ACTION)


@method("one.zone.enable", "ib", "Enables or disables a zone", zone_disabled=True)
def zone_enable(call: Call, oid: int, enabled: bool) -> int:
    zone = call.get("zone", oid)
    call.require(("ADMIN", "ZONE", oid))
    zone["STATE"] = 0 if enabled else 1
    call.store.save("zone", zone)
    return oid


@method("one.zone.addserver", "is", "Adds a server to a zone")
def zone_addserver(call: Call, oid: int, text: str) -> int:
    zone = call.get("zone", oid)
    call.require(("ADMIN", "ZONE", oid))
    new = vector(parsed(text), "SERVER")
    server_id = max((server["ID"] for server in zone["SERVERS"]), default=-1) + 1
    zone["SERVERS"].append({"ID": server_id, "NAME": new.get("NAME", ""), "ENDPOINT": new.get("ENDPOINT", "")})
    call.store.save("zone", zone)
    return oid


@method("one.zone.delserver", "ii", "Removes a server from a zone")
def zone_delserver(call: Call, oid: int, server_id: int) -> int:
    zone = call.get("zone", oid)
    call.require(("ADMIN", "ZONE", oid))
    zone["SERVERS"] = [server for server in zone["SERVERS"] if server["ID"] != server_id]
    call.store.save("zone", zone)
    return oid


@method("one.zone.raftstatus", "", "Returns the state of this server in its zone", zone_disabled=True)
def raftstatus(call: Call) -> str:
    return f"<RAFT>{''.join(f'<{name}>{value}</{name}>' for name, value in call.cloud.raft.items())}</RAFT>"


@method("one.system.version", "", "Returns the version", zone_disabled=True)
def version(_call: Call) -> str:
    return VERSION


@method("one.system.config", "", "Returns the configuration", zone_disabled=True)
def system_config(call: Call) -> str:
    # Administrators are shown the database's credentials, as by oned.
    shown: Template = dict(call.cloud.config)
    if 0 not in call.user["GROUPS"]:
        masked = {k: "***" if k in ("USER", "PASSWD") else v for k, v in vector(shown, "DB").items()}
        shown["DB"] = [masked]
    return to_xml(shown, "OPENNEBULA_CONFIGURATION")


# Pools of what cannot be created here: an honest "none". Tag, parameters.
for _name, _tag, _parameters in (
    ("vmpool", "VM_POOL", "iiii?s"),
    ("imagepool", "IMAGE_POOL", "iii"),
    ("templatepool", "VMTEMPLATE_POOL", "iii"),
    ("vnpool", "VNET_POOL", "iii"),
    ("hookpool", "HOOK_POOL", "iii"),
    ("documentpool", "DOCUMENT_POOL", "iiii"),
    ("vmgrouppool", "VM_GROUP_POOL", "iii"),
    ("vrouterpool", "VROUTER_POOL", "iii"),
    ("backupjobpool", "BACKUPJOB_POOL", "iii"),
    ("marketapppool", "MARKETPLACEAPP_POOL", "iii"),
):
    method(f"one.{_name}.info", _parameters, f"Returns the {_name}", zone_disabled=True)(
        lambda _call, *_filter, t=_tag: f"<{t}></{t}>"
    )


def bootstrap_clusters(cloud: Cloud, endpoint: str) -> None:
    """Zone, cluster and datastores of an empty cloud."""
    store = cloud.store
    zone = {"NAME": "OpenNebula", "STATE": 0, "TEMPLATE": {"ENDPOINT": [endpoint]}, "SERVERS": []}
    store.insert("zone", zone, 0)
    store.set_last("zone", 99)
    new_cluster(store, "default", DEFAULT_CLUSTER)
    store.set_last("cluster", 99)
    common = {"ALLOW_ORPHANS": "YES", "RESTRICTED_DIRS": "/", "SAFE_DIRS": "/var/tmp", "TM_MAD": "ssh"}
    for number, (name, kind, word, driver, own) in enumerate(DATASTORES):
        values = {**common, **own, "TYPE": word} | ({} if driver == "-" else {"DS_MAD": driver})
        template = {key: [value] for key, value in values.items()}
        store.insert("datastore", {"NAME": name, "TYPE": kind, "CLUSTERS": [0], "TEMPLATE": template}, number)
    store.set_last("datastore", 99)
