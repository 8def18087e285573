# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Clusters, the zone, virtual machines and their templates, hooks that nothing calls, what a new cloud is born with."""

import base64
import re
import time
from functools import partial
from typing import Any

import events
from engine import ACTION, ALLOCATE, METHODS, OWNED, Call, Kind, OneError, digest, refuse, take
from hosts import OFFLINE
from store import Object
from template import elements, first, vector

VERSION = "6.10.0.1"
CONTEXT_PASSWORD = re.compile(r"(?<=<PASSWORD><!\[CDATA\[)[^<]*(?=\]\]></PASSWORD>(?:(?!<CONTEXT>).)*</CONTEXT>)")
HOST_STATES = "INIT MONITORING_MONITORED MONITORED ERROR DISABLED MONITORING_ERROR MONITORING_INIT OFFLINE"
IMAGE_STATES = "INIT READY USED DISABLED LOCKED ERROR CLONE DELETE USED_PERS LOCKED_USED LOCKED_USED_PERS"
VM_STATES = "INIT PENDING HOLD ACTIVE STOPPED SUSPENDED DONE POWEROFF UNDEPLOYED CLONING CLONING_FAILURE"
# What hooks are about, and the states that they know; ON of a virtual machine, and STATE and LCM_STATE it stands for.
STATES = {"HOST": HOST_STATES.split(), "IMAGE": IMAGE_STATES.split(), "VM": VM_STATES.split()}
ON = {"STOP": ("STOPPED", "LCM_INIT"), "DONE": ("DONE", "LCM_INIT"), "SHUTDOWN": ("ACTIVE", "EPILOG")}
ON |= {on: ("ACTIVE", on) for on in ("PROLOG", "RUNNING", "UNKNOWN")}
PENDING, HOLD, ACTIVE, DONE, POWEROFF = ANY = 1, 2, 3, 6, 8
RUNNING = 3
# The states in which there is an action, and the one it leads to.
ACTIONS: dict[str, tuple[tuple[int, ...], int]] = {"terminate": (ANY, DONE), "poweroff": ((ACTIVE,), POWEROFF)}
ACTIONS |= {f"{verb}-hard": states for verb, states in ACTIONS.items()}
ACTIONS |= dict.fromkeys(("resched", "unresched"), ((ACTIVE,), ACTIVE))


class Cluster(Kind):
    name, templated, first_id, lasting = "cluster", False, 100, True
    layout = "ID NAME HOSTS DATASTORES VNETS TEMPLATE"

    def view(self, call: Call, item: Object, alone: bool) -> Object:
        kinds = {"HOSTS": "host", "DATASTORES": "datastore", "VNETS": "vn"}
        return {word: call.ids(kind, lambda it: item["ID"] in it["CLUSTERS"]) for word, kind in kinds.items()}

    def born(self, _call: Call, item: Object, *_given: Any) -> None:
        item["TEMPLATE"] = {"RESERVED_CPU": [""], "RESERVED_MEM": [""]}

    def undeletable(self, call: Call, item: Object) -> str:
        held = [f"{len(ids)} {word.lower()}" for word, ids in self.view(call, item, True).items() if ids]
        return f"Cluster {item['ID']} is not empty, it contains {held[0]}." if held else ""


def place(kind: str, inside: bool, call: Call, cluster: int, oid: int) -> int:
    # A host is in one cluster only: taken out of it, whichever the caller names, it is in the default one.
    if kind == "host" and not inside:
        cluster, inside = 0, True
    into, item = call.get("cluster", cluster), call.get(kind, oid)
    call.require(("ADMIN", "cluster", into), ("ADMIN", kind, item))
    others = set() if kind == "host" else {*item["CLUSTERS"]} - {cluster}
    item["CLUSTERS"] = sorted(others | {cluster} if inside else others)
    call.store.save(kind, item)
    return cluster


for _kind, _word in (("host", "host"), ("datastore", "datastore"), ("vn", "vnet")):
    METHODS[f"one.cluster.add{_word}"] = "ii", partial(place, _kind, True)
    METHODS[f"one.cluster.del{_word}"] = "ii", partial(place, _kind, False)


class Zone(Kind):
    name, first_id, lasting = "zone", 100, True
    layout = "ID NAME STATE TEMPLATE SERVER_POOL"

    def allocate(self, _call: Call, *_given: Any) -> int:
        only = "New zones can only be created at federation master"
        raise OneError(f"Error allocating a new zone. {only}", ALLOCATE)

    def updated(self, _call: Call, item: Object) -> None:
        item["TEMPLATE"]["ENDPOINT"] = [first(item["TEMPLATE"], "ENDPOINT") or "-"]
        item["TEMPLATE"].pop("SERVER", None)


class VmTemplate(Kind):
    name, word, tag, resource = "template", "virtual machine template", "VMTEMPLATE", "TEMPLATE"
    layout = f"{OWNED} REGTIME TEMPLATE"
    calls = "info:i?bb pool:iii allocate:s delete:i"
    permissions, deletes = "OWNER_U OWNER_M", "MANAGE"

    def born(self, _call: Call, item: Object, *_given: Any) -> None:
        item["REGTIME"] = int(time.time())

    def info(self, call: Call, oid: int, *flags: bool) -> str:
        """The second flag asks for secrets."""
        text = super().info(call, oid)
        return text if flags[1:] == (True,) and 0 in call.user["GROUPS"] else self.enciphered(text)

    def pool(self, *given: Any) -> str:
        return self.enciphered(super().pool(*given))

    def enciphered(self, text: str) -> str:
        """With the password of each context in what looks like a cipher: whole blocks of 16 octets."""
        return CONTEXT_PASSWORD.sub(lambda found: base64.b64encode(bytes.fromhex(digest(found[0]))).decode(), text)


class Vm(Kind):
    """In a state and on a host, but running nowhere (src/vm, src/dm)."""

    name, word, permissions, right = "vm", "virtual machine", "OWNER_U OWNER_M", "ADMIN"
    layout = f"{OWNED} LAST_POLL STATE LCM_STATE RESCHED STIME ETIME DEPLOY_ID TEMPLATE USER_TEMPLATE HISTORY_RECORDS"
    calls = "info:i?b pool:iiii?s allocate:s?b action:si"
    changes = "deploy:i?bis::MANAGE:host migrate:ib?bii::MANAGE:host"

    def render(self, call: Call, item: Object, alone: bool) -> str:
        return super().render(call, item, alone) if alone or item["STATE"] != DONE else ""

    def prepare(self, call: Call, vm: Object, *_hold: bool) -> None:
        amount = first(vm["TEMPLATE"], "MEMORY").isdecimal()
        refuse((not amount, "MEMORY attribute must be a positive integer value."))
        vm["NAME"] = vm["NAME"] or f"one-{call.store.next_id(self.name)}"

    def born(self, call: Call, vm: Object, hold: bool = False) -> None:
        if vector(vm["TEMPLATE"], "CONTEXT").get("TOKEN") == "YES":
            vm["TEMPLATE"]["CREATED_BY"] = [str(call.user["ID"])]
        vm["TEMPLATE"]["VMID"], vm["STATE"] = [str(vm["ID"])], HOLD if hold else PENDING
        vm |= {"KEY": f"/{vm['ID']}", "HISTORY_RECORDS": {"HISTORY": []}, "USER_TEMPLATE": {}, "DEPLOY_ID": ""}
        vm |= dict.fromkeys(("LAST_POLL", "LCM_STATE", "RESCHED", "ETIME"), 0) | {"STIME": int(time.time()), "HID": -1}

    def changed(self, call: Call, vm: Object) -> None:
        """A subscriber that asks for the machine gets its answer when this call has ended."""
        state, lcm = STATES["VM"][vm["STATE"]], "RUNNING" if vm["STATE"] == ACTIVE else "LCM_INIT"
        where, vm["TOLD"] = vm.get("TOLD"), [vm["STATE"], vm["HID"]]
        if where != vm["TOLD"]:
            about = {"HOOK_OBJECT": "VM", "STATE": state, "LCM_STATE": lcm, "RESOURCE_ID": vm["ID"]}
            content = "<HOOK_TYPE>STATE</HOOK_TYPE>" + elements(about, *about) + self.render(call, vm, alone=True)
            events.publish(content, f"VM {vm['ID']}/{state}/{lcm} ", f"STATE VM/{state}/{lcm}/{vm['ID']} ")

    def enter(self, vm: Object, states: tuple[int, ...], state: int, refusal: str) -> None:
        word = "RUNNING" if vm["STATE"] == ACTIVE else STATES["VM"][vm["STATE"]]
        refuse((vm["STATE"] not in states, f"{refusal} action is not available for state {word}"), code=ACTION)
        vm |= {"STATE": state, "LCM_STATE": RUNNING if state == ACTIVE else 0}

    def deploy(self, call: Call, vm: Object, hid: int, _enforce: bool = False, ds_id: int = -1, *_nics: str) -> None:
        self.enter(vm, (PENDING, HOLD), ACTIVE, "Deploy")
        self.place(call, vm, hid, max(ds_id, 0))

    def migrate(self, call: Call, vm: Object, hid: int, live: bool, *_more: int) -> None:
        self.enter(vm, (ACTIVE, POWEROFF), vm["STATE"], "Migrate")
        here = vm["HISTORY_RECORDS"]["HISTORY"][-1]
        there = f"VM is already running on host [{hid}] and datastore [{here['DS_ID']}]"
        refuse((vm["HID"] == hid, there), code=ACTION)
        here |= {"ETIME": str(int(time.time())), "ACTION": "2" if live else "1"}
        self.place(call, vm, hid, int(here["DS_ID"]))

    def place(self, call: Call, vm: Object, hid: int, ds_id: int) -> None:
        host, datastore, history = call.get("host", hid), call.get("datastore", ds_id), vm["HISTORY_RECORDS"]["HISTORY"]
        refuse((host["STATE"] == OFFLINE, "Host is offline, cannot use it to deploy VM"), code=ACTION)
        record = {"OID": vm["ID"], "SEQ": len(history), "HOSTNAME": host["NAME"], "HID": hid, "DS_ID": ds_id}
        record |= {"CID": host["CLUSTERS"][0], "VM_MAD": host["VM_MAD"], "TM_MAD": datastore["TM_MAD"]}
        record |= {"STIME": int(time.time()), "ETIME": 0, "ACTION": 0}
        history.append({name: str(value) for name, value in record.items()})
        vm |= {"HID": hid, "RESCHED": 0, "DEPLOY_ID": f"one-{vm['ID']}"}

    def action(self, call: Call, verb: str, oid: int) -> int:
        return self.changing("act", "ADMIN" if "resched" in verb else "MANAGE")(call, oid, verb)

    def act(self, _call: Call, vm: Object, verb: str) -> None:
        refuse((verb not in ACTIONS, f'Action "{verb}" is not supported'), code=ACTION)
        self.enter(vm, *ACTIONS[verb], f'Error performing action "{verb}": This')
        vm["RESCHED"] = int(verb == "resched")
        if vm["STATE"] == DONE:
            vm |= {"HID": -1, "ETIME": int(time.time())}


class Hook(Kind):
    name, deletes, taken = "hook", "MANAGE", "Hook {1}."
    layout, alone = "ID NAME TYPE TEMPLATE", "HOOKLOG"
    calls = "info:i pool:iii allocate:s delete:i"

    def prepare(self, _call: Call, item: Object, *_given: Any) -> None:
        kind = take(item["TEMPLATE"], "TYPE")
        item |= {"TYPE": kind.lower(), "HOOKLOG": []}
        refuse((item["TYPE"] not in ("api", "state"), f"Invalid Hook type: {kind}"))

    def born(self, _call: Call, item: Object, *_given: Any) -> None:
        template = item["TEMPLATE"]
        about, on = first(template, "RESOURCE"), take(template, "ON").upper()
        template |= {"STATE": [ON[on][0]], "LCM_STATE": [ON[on][1]]} if on in ON else {}
        template["REMOTE"] = ["YES" if first(template, "REMOTE").upper() == "YES" else "NO"]
        state, word = item["TYPE"] == "state", self.unfit(item)
        refuse(
            (not first(template, "COMMAND"), "No COMMAND in template for Hook."),
            (state and not about, "RESOURCE attribute is required for STATE hooks."),
            (state and about not in STATES, f"Invalid resource type: {about}"),
            (about == "VM" and on not in (*ON, "CUSTOM"), f"Unkown state condition: {on}"),
            (word == "CALL", f"API call does not exist or is not supported: {first(template, word)}"),
            (word, f"Invalid {word}: {first(template, word)}"),
        )

    def updated(self, _call: Call, item: Object) -> None:
        refuse((not first(item["TEMPLATE"], "COMMAND"), "The COMMAND attribute is not defined."))
        word = self.unfit(item)
        refuse((word, f"The {word} attribute is not defined or it's invalid."))

    def unfit(self, item: Object) -> str:
        """The attribute that is missing, or not one that oned knows."""
        template = item["TEMPLATE"]
        call, state = first(template, "CALL"), first(template, "STATE").upper()
        if item["TYPE"] == "api":
            return "" if call in METHODS and not call.endswith("info") else "CALL"
        template["STATE"] = [state]
        return "" if state in STATES.get(first(template, "RESOURCE"), ()) else "STATE"


METHODS["one.system.version"] = "", lambda _call: VERSION

# What an empty cloud is born with, in calls that oneadmin could make.
VIEWS = '[VIEWS=cloud,DEFAULT_VIEW=cloud,GROUP_ADMIN_VIEWS="groupadmin,cloud",GROUP_ADMIN_DEFAULT_VIEW=groupadmin]'
LINUX_CONTAINERS = "MarketPlace for the public image server fo LXC & LXD hosted at linuxcontainers.org"
BIRTH: tuple[tuple[Any, ...], ...] = (
    ("one.group.allocate", "oneadmin"),
    ("one.acl.addrule", "200000001", "121429400000000", "8", "400000000"),
    ("one.acl.addrule", "400000000", "800400000000", "1", "400000000"),
    ("one.acl.addrule", "400000000", "18000400000000", "1", "400000000"),
    ("one.group.allocate", "users"),
    ("one.group.update", 1, f"SUNSTONE={VIEWS}"),
    ("one.cluster.allocate", "default"),
    ("one.datastore.allocate", "NAME=system TM_MAD=ssh TYPE=SYSTEM_DS", 0),
    ("one.datastore.allocate", "NAME=default DS_MAD=fs TM_MAD=ssh TYPE=IMAGE_DS", 0),
    ("one.datastore.allocate", "NAME=files DS_MAD=fs TM_MAD=ssh TYPE=FILE_DS", 0),
    ("one.market.allocate", 'NAME="OpenNebula Public" MARKET_MAD=one DESCRIPTION="OpenNebula Systems MarketPlace"'),
    ("one.market.allocate", f'NAME="Linux Containers" MARKET_MAD=linuxcontainers DESCRIPTION="{LINUX_CONTAINERS}"'),
    ("one.market.chmod", 0, 1, 1, 1, 1, 0, 0, 1, 0, 0),
    ("one.market.chmod", 1, 1, 1, 1, 1, 0, 0, 1, 0, 0),
    ("one.market.enable", 1, False),
)
