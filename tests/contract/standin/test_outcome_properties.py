# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is declared: a second run does nothing, or the first one has said why it is not so.

On the stand-in; with ONED_URL and ONED_AUTH (user:password) on that oned instead. The grammar knows what oned
normalises, fills in, ignores and decides itself (src/vnm, src/datastore, src/image, src/hm of OpenNebula 6.10).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts.declared import DeclaredHosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.cluster import Clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.group import Groups
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.hook import Hooks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.image import Images
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.marketplace import Marketplaces
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.user import Users
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.vnet import VirtualNetworks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# oned takes a while to make and to remove these.
SLOW = ("image", "virtual network")
NUMBERS = itertools.count()
SWITCH = st.sampled_from([True, False, "yes", "No", "YES", ""])
NOTE = st.sampled_from(["", "x y", 7, True, {"A": ""}, {"A": 1, "b": "x"}, ["a", {"B": "c"}]])


def options(
    needed: dict[str, Any], optional: dict[str, Any], must: dict[str, Any] | None = None, **template: Any
) -> st.SearchStrategy[dict[str, Any]]:
    """must: attributes that each template has. template: those that it may have."""
    attributes = st.fixed_dictionaries(must or {}, optional={"NOTE": NOTE, **template})
    always = {key: value if isinstance(value, st.SearchStrategy) else st.just(value) for key, value in needed.items()}
    return st.fixed_dictionaries(always | ({"template": attributes} if must else {}), optional=optional) | (
        st.fixed_dictionaries({**always, "template": attributes}, optional=optional)
    )


def hosts(items: list[dict[str, Any]], params: dict[str, Any]) -> DeclaredHosts:
    return DeclaredHosts([host.desired_host(item) for item in items], state=params["state"], wait=False)


KINDS: dict[str, tuple[Callable[..., Any], st.SearchStrategy[dict[str, Any]]]] = {
    "host": (
        hosts,
        options(
            {"im_mad": "none", "vmm_mad": "none"},
            {"labels": st.sampled_from([[], ["b", "a"]])},
            RESERVED_CPU=st.sampled_from(["10", 0, ""]),
            TOTALMEMORY=st.just(5),
        ),
    ),
    "cluster": (Clusters, options({}, {}, RESERVED_CPU=st.sampled_from([" 10", ""]))),
    "group": (Groups, options({}, {}, SUNSTONE=st.just({"views": "cloud"}))),
    "user": (
        Users,
        options({"password": "s3cr3t"}, {"enabled": st.booleans()}, SSH_PUBLIC_KEY=st.just("ssh-ed25519 A")),
    ),
    "template": (
        VmTemplates,
        options({}, {}, CPU=st.sampled_from([1, 0.5, "1.0"]), CONTEXT=st.just({"NETWORK": True, "PASSWORD": "s3cr3t"})),
    ),
    "datastore": (
        Datastores,
        options(
            {"ds_mad": "fs", "tm_mad": st.sampled_from(["ssh", "shared", "qcow2"])},
            {"type": st.sampled_from(["image", "file"])},
            ALLOW_ORPHANS=SWITCH,
            SHARED=SWITCH,
            DRIVER=st.sampled_from(["raw", "qcow2"]),
            DISK_TYPE=st.sampled_from(["file", "BLOCK", ""]),
            CLONE_TARGET=st.sampled_from(["self", "SYSTEM"]),
            SAFE_DIRS=st.sampled_from(["/srv", ""]),
            BASE_PATH=st.just("/srv"),
        ),
    ),
    "system datastore": (
        Datastores,
        options(
            {"type": "system", "tm_mad": st.sampled_from(["ssh", "shared"])},
            {},
            SHARED=SWITCH,
            DS_MIGRATE=SWITCH,
            ALLOW_ORPHANS=SWITCH,
            LN_TARGET=st.just("NONE"),
            DISK_TYPE=st.sampled_from(["File", "rbd"]),
        ),
    ),
    "virtual network": (
        VirtualNetworks,
        options(
            {"vn_mad": st.sampled_from(["bridge", "802.1Q", "vxlan", "ovswitch"])},
            {
                "phydev": st.sampled_from(["eth9", ""]),
                "bridge": st.sampled_from(["br9", ""]),
                "vlan_id": st.sampled_from(["7", ""]),
            },
            AUTOMATIC_VLAN_ID=SWITCH,
            OUTER_VLAN_ID=st.sampled_from(["9", ""]),
            BRIDGE_TYPE=st.sampled_from(["linux", "openvswitch", "Linux", "nonsense"]),
            SECURITY_GROUPS=st.sampled_from(["0", ""]),
            TEMPLATE_NAME=st.just("x"),
        ),
    ),
    "image": (
        Images,
        options(
            {"datastore": "default", "size": 1, "type": st.sampled_from(["datablock", "os"])},
            {"persistent": st.booleans(), "format": st.sampled_from(["raw", "qcow2"])},
            DRIVER=st.just("qcow2"),
            DEV_PREFIX=st.sampled_from(["vd", ""]),
            TM_MAD=st.just("ssh"),
        ),
    ),
    "marketplace": (
        Marketplaces,
        options(
            {"market_mad": "one"},
            {"enabled": st.booleans()},
            REGION=st.sampled_from(["x", ""]),
        ),
    ),
    "hook of a state": (
        Hooks,
        options(
            {"type": "state", "command": "a.sh"},
            {},
            {
                "RESOURCE": st.sampled_from(["HOST", "host", "IMAGE"]),
                "STATE": st.sampled_from(["error", "ERROR", "Init", "nonsense"]),
            },
            REMOTE=st.sampled_from([True, "no", "yes", "1", "maybe", ""]),
            ON=st.just("RUNNING"),
        ),
    ),
    "hook of a virtual machine": (
        Hooks,
        options(
            {"type": "state", "command": "a.sh"},
            {},
            {"RESOURCE": st.just("VM"), "ON": st.sampled_from(["running", "STOP", "CUSTOM", True])},
            STATE=st.sampled_from(["active", "DONE"]),
            LCM_STATE=st.sampled_from(["lcm_init", "BOOT"]),
        ),
    ),
}


def run(client: Client, kind: Callable[..., Any], item: dict[str, Any], state: str = "present") -> dict[str, Any]:
    """The result of one object. What is refused before any call counts as its failure."""
    try:
        result = engine.ensure(client, kind([item], {"state": state, "wait_timeout": 60}), check_mode=False)
    except (OnedError, TemplateError) as error:
        return {"failed": True, "msg": str(error), "changed": False, "actions": [], "id": None}
    (entry,) = result["results"]
    return dict(entry)


@pytest.mark.parametrize("name", KINDS)
def test_a_second_run_does_nothing_or_the_first_one_says_why(client: Client, name: str) -> None:
    kind, declarations = KINDS[name]
    held = []

    @settings(
        max_examples=6 if name in SLOW else 20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(declarations)
    def look(declared: dict[str, Any]) -> None:
        item = {"name": f"kubenebula-{next(NUMBERS)}", **declared}
        first = run(client, kind, item)
        try:
            held.append(not first["failed"])
            if first["failed"]:
                # By oned or with the value that it keeps, or before any call.
                assert "one." in first["msg"] or " where " in first["msg"] or not first["actions"], (item, first)
                return
            second = run(client, kind, item)
            assert (second["failed"], second["changed"], second["actions"]) == (False, False, []), (item, second)
        finally:
            if first["id"] is not None:
                assert not run(client, kind, {"name": item["name"]}, "absent")["failed"]

    look()
    assert sum(held) >= len(held) / 6, "enough of the declarations are possible"
