# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Datastores, images and marketplaces (src/datastore, src/image, src/market). Images are looked at, not copied."""

import shutil
import time
from pathlib import Path
from typing import Any

from engine import ACTION, ALLOCATE, OWNED, Call, Kind, OneError, digest, ready, refuse, take
from paths import VAR
from store import Object
from template import Template, first

TYPES = ("IMAGE_DS", "SYSTEM_DS", "FILE_DS", "BACKUP_DS")
IMAGE_DS, SYSTEM_DS, FILE_DS, BACKUP_DS = range(4)
DISK_TYPES = ("FILE", "CD_ROM", "BLOCK", "RBD")
IMAGE_TYPES = ("OS", "CDROM", "DATABLOCK", "KERNEL", "RAMDISK", "CONTEXT")
# Those that live in file datastores.
FILES = IMAGE_TYPES[3:]
READY, LOCKED = 1, 4
# What oned.conf says of the drivers: attributes that they need, and those that they give to datastores.
DS_MADS = {"dummy": "", "fs": "", "ceph": "DISK_TYPE BRIDGE_LIST", "rsync": "RSYNC_HOST RSYNC_USER"}
MARKET_MADS = {"one": "", "linuxcontainers": "", "http": "BASE_URL PUBLIC_DIR"}
MARKET_MADS["s3"] = "ACCESS_KEY_ID SECRET_ACCESS_KEY REGION BUCKET"
SHARED = {"LN_TARGET": "NONE", "CLONE_TARGET": "SYSTEM", "SHARED": "YES", "ALLOW_ORPHANS": "NO"}
OVER_SSH = {"TM_MAD_SYSTEM": "ssh", "LN_TARGET_SSH": "SYSTEM", "CLONE_TARGET_SSH": "SYSTEM", "DISK_TYPE_SSH": "FILE"}
TM_MADS = {
    "dummy": SHARED,
    "ssh": SHARED | {"LN_TARGET": "SYSTEM", "SHARED": "NO", "ALLOW_ORPHANS": "YES"},
    "shared": SHARED | OVER_SSH | {"ALLOW_ORPHANS": "FORMAT"},
    "qcow2": SHARED | OVER_SSH | {"ALLOW_ORPHANS": "FORMAT", "DRIVER": "qcow2"},
}
# What images that nobody uses have in common.
UNUSED: Object = {"FS": "", "RUNNING_VMS": 0, "CLONING_OPS": 0, "CLONING_ID": -1, "TARGET_SNAPSHOT": -1}
UNUSED |= {name: [] for name in ("VMS", "CLONES", "APP_CLONES", "BACKUP_INCREMENTS", "BACKUP_DISK_IDS")}
UNUSED["SNAPSHOTS"] = {"ALLOW_ORPHANS": ["NO"], "CURRENT_BASE": ["-1"], "NEXT_SNAPSHOT": ["0"]}
SIZES = "TOTAL_MB FREE_MB USED_MB"


def check_driver(mads: dict[str, str], mad: str, template: Template, word: str, what: str) -> None:
    refuse((mad not in mads, f'{word} named "{mad}" is not defined in oned.conf'))
    missing = next((name for name in mads[mad].split() if not first(template, name)), "")
    refuse((missing, f'{what} template is missing the "{missing}" attribute or it\'s empty.'))


def capacity(datastore: Object) -> dict[str, int]:
    """Real figures, once it is monitored; what hosts keep on their own disks is for them to report."""
    here = datastore["TYPE"] != SYSTEM_DS or first(datastore["TEMPLATE"], "SHARED") == "YES"
    sizes = shutil.disk_usage(VAR) if here and ready(datastore) else (0, 0, 0)
    return dict(zip(("TOTAL_MB", "USED_MB", "FREE_MB"), (size >> 20 for size in sizes), strict=True))


class Datastore(Kind):
    name, clustered, first_id, permissions = "datastore", True, 100, "OWNER_U OWNER_M GROUP_U"
    layout = f"{OWNED} DS_MAD! TM_MAD! BASE_PATH! TYPE DISK_TYPE STATE CLUSTERS {SIZES} IMAGES TEMPLATE"
    calls = "info:i pool: allocate:si delete:i"
    changes = f"{Kind.changes} enable:b"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        images = call.ids("image", lambda image: image["DATASTORE_ID"] == item["ID"])
        return {"BASE_PATH": f"{VAR}//datastores/{item['ID']}", "IMAGES": images, **capacity(item)}

    def born(self, _call: Call, item: Object, *_given: Any) -> None:
        template = item["TEMPLATE"]
        given = {name: first(template, name) for name in ("TYPE", "DS_MAD", "TM_MAD", "DISK_TYPE")}
        system, backup = given["TYPE"] == "SYSTEM_DS", given["TYPE"] == "BACKUP_DS"
        refuse(
            (system and given["DS_MAD"], "SYSTEM datastores cannot have DS_MAD defined."),
            (not system and not given["DS_MAD"], "No DS_MAD in template."),
            (not backup and not given["TM_MAD"], "No TM_MAD in template."),
        )
        item |= {"STATE": 0, "SINCE": time.time(), "TYPE": IMAGE_DS, "DS_MAD": "-", "TM_MAD": "-", "DISK_TYPE": 0}
        self.shape(item)
        if item["TYPE"] in (IMAGE_DS, SYSTEM_DS):
            template.setdefault("DISK_TYPE", ["FILE"])
        if not first(template, "SAFE_DIRS") and not first(template, "RESTRICTED_DIRS"):
            template |= {"SAFE_DIRS": ["/var/tmp"], "RESTRICTED_DIRS": ["/"]}

    def updated(self, _call: Call, item: Object) -> None:
        self.shape(item)
        item["TEMPLATE"] |= {"TYPE": [TYPES[item["TYPE"]]], "TM_MAD": [item["TM_MAD"]]}

    def shape(self, item: Object) -> None:
        """What type and drivers make of the object and of its template."""
        template = item["TEMPLATE"]
        word = first(template, "TYPE", TYPES[item["TYPE"]]).upper()
        kind = item["TYPE"] = TYPES.index(word) if word in TYPES else IMAGE_DS
        ds_mad, tm_mad = take(template, "DS_MAD") or item["DS_MAD"], first(template, "TM_MAD")
        item["DS_MAD"] = "-" if kind == SYSTEM_DS else ds_mad
        if kind != SYSTEM_DS:
            check_driver(DS_MADS, ds_mad, template, "DS_MAD", "Datastore")
            template["DS_MAD"] = [ds_mad]
        if tm_mad and kind != BACKUP_DS:
            refuse((tm_mad not in TM_MADS, f'TM_MAD named "{tm_mad}" is not defined in oned.conf'))
            conf = TM_MADS[tm_mad] | {"DS_MIGRATE": "YES"}
            kept = {"ALLOW_ORPHANS", "SHARED", "DS_MIGRATE"} if kind == SYSTEM_DS else {*TM_MADS[tm_mad]} - {"SHARED"}
            for name in ("LN_TARGET", "CLONE_TARGET", "SHARED"):
                template.pop(name, None)
            template |= {name: [conf[name]] for name in kept}
            item["TM_MAD"] = tm_mad
        disk = first(template, "DISK_TYPE")
        item["DISK_TYPE"] = DISK_TYPES.index(disk) if disk in DISK_TYPES else item["DISK_TYPE"]

    def undeletable(self, call: Call, item: Object) -> str:
        return f"Datastore {item['ID']} is not empty." if self.view(call, item, True)["IMAGES"] else ""


class Image(Kind):
    name, permissions, deletes, prefix = "image", "OWNER_U OWNER_M", "MANAGE", "Error allocating a new image. "
    layout = (
        f"{OWNED} TYPE DISK_TYPE PERSISTENT REGTIME SOURCE! PATH! FORMAT! FS! SIZE STATE PREV_STATE RUNNING_VMS"
        " CLONING_OPS CLONING_ID TARGET_SNAPSHOT DATASTORE_ID DATASTORE VMS CLONES APP_CLONES TEMPLATE SNAPSHOTS"
        " BACKUP_INCREMENTS BACKUP_DISK_IDS"
    )
    calls = "info:i pool:iii allocate:si?b delete:i"
    changes = f"{Kind.changes} persistent:b chtype:s"

    def prepare(self, call: Call, item: Object, ds_id: int, unchecked: bool = False) -> None:
        """The driver is asked for the size before anything else is looked at."""
        datastore, template = call.get("datastore", ds_id), item["TEMPLATE"]
        if datastore["TYPE"] in (SYSTEM_DS, BACKUP_DS):
            raise OneError(f"{self.prefix}New images can only be allocated in a files or image datastore.", ALLOCATE)
        path, size, failed = first(template, "PATH"), take(template, "SIZE"), "Cannot parse image SIZE:"
        kind = first(template, "TYPE").upper()
        refuse(
            (not path and kind in ("CDROM", *FILES), f"{failed} Either PATH or SOURCE are required for {kind}"),
            (path and not Path(path).is_file(), f"{failed} File not found"),
            (not path and not size.isdecimal(), f"{failed} Wrong number or missing SIZE attribute."),
        )
        # Whole megabytes, at least one.
        megabytes = max(1, -(-Path(path).stat().st_size >> 20)) if path else int(size)
        full = not unchecked and megabytes > capacity(datastore)["FREE_MB"]
        refuse((full, "Not enough space in datastore"), code=ACTION)
        item |= UNUSED | {"SIZE": megabytes, "DISK_TYPE": datastore["DISK_TYPE"]}
        item |= {"DATASTORE_ID": ds_id, "DATASTORE": datastore["NAME"]}

    def born(self, call: Call, item: Object, *_given: Any) -> None:
        template, datastore = item["TEMPLATE"], call.get("datastore", item["DATASTORE_ID"])
        kind, path = take(template, "TYPE").upper() or "OS", take(template, "PATH")
        files = "IMAGES of type KERNEL, RAMDISK and CONTEXT"
        fits = (kind in FILES) - (datastore["TYPE"] == FILE_DS)
        refuse(
            (fits == 1, f"{files} cannot be registered in an IMAGE_DS datastore"),
            (fits == -1, f"Only {files} can be registered in a FILE_DS datastore"),
            (kind not in IMAGE_TYPES, "Unknown type "),
        )
        persistent = int(take(template, "PERSISTENT").upper() == "YES" and kind not in FILES)
        made = "" if path else take(template, "FORMAT") or first(datastore["TEMPLATE"], "DRIVER", "raw")
        item |= {"TYPE": IMAGE_TYPES.index(kind), "PERSISTENT": persistent, "STATE": LOCKED, "PREV_STATE": 0}
        item |= {"PATH": path, "SOURCE": "", "FORMAT": made, "REGTIME": int(time.time()), "SINCE": time.time()}
        if kind not in FILES:
            template.setdefault("DEV_PREFIX", ["hd" if kind == "CDROM" else "sd"])

    def settled(self, item: Object) -> Object:
        if item["STATE"] != LOCKED or not ready(item):
            return item
        source = f"{VAR}//datastores/{item['DATASTORE_ID']}/{digest(str(item['SINCE']))[:32]}"
        done = {"STATE": READY, "PREV_STATE": READY, "SOURCE": source, "FORMAT": item["FORMAT"] or "raw"}
        return item | done

    def persistent(self, _call: Call, item: Object, persistent: bool) -> None:
        file = IMAGE_TYPES[item["TYPE"]] in FILES
        refuse((file, "KERNEL, RAMDISK and CONTEXT must be non-persistent"), code=ACTION)
        item["PERSISTENT"] = int(persistent)

    def chtype(self, _call: Call, item: Object, kind: str) -> None:
        other = (kind in FILES) != (IMAGE_TYPES[item["TYPE"]] in FILES) or kind not in IMAGE_TYPES
        problem = "Cannot change image type to an incompatible type for the current datastore."
        refuse((other, problem), code=ACTION)
        item["TYPE"] = IMAGE_TYPES.index(kind)


class Market(Kind):
    name, word, tag, taken = "market", "marketplace", "MARKETPLACE", "{} {}"
    layout = f"ID UID GID UNAME GNAME NAME STATE MARKET_MAD! ZONE_ID! {SIZES} MARKETPLACEAPPS PERMISSIONS TEMPLATE"
    changes = f"{Kind.changes} enable:b"
    permissions, deletes, first_id = "OWNER_U OWNER_M", "MANAGE", 100

    def born(self, call: Call, item: Object, *_given: Any) -> None:
        none = not first(item["TEMPLATE"], "MARKET_MAD")
        refuse((none, "No marketplace driver (MARKET_MAD) in template."))
        item |= {"STATE": 0, "ZONE_ID": 0, "TOTAL_MB": 0, "FREE_MB": 0, "USED_MB": 0, "MARKETPLACEAPPS": []}
        self.updated(call, item)

    def updated(self, _call: Call, item: Object) -> None:
        mad = first(item["TEMPLATE"], "MARKET_MAD")
        if mad:
            check_driver(MARKET_MADS, mad, item["TEMPLATE"], "MARKET_MAD_CONF", "MarketPlace")
        item["MARKET_MAD"] = mad or item["MARKET_MAD"]
        item["TEMPLATE"]["MARKET_MAD"] = [item["MARKET_MAD"]]
