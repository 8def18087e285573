# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned's XML documents."""

from __future__ import annotations

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import clusters, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.pool import Ref, pick
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError

HOST = """<HOST><ID>0</ID><NAME>kvm1</NAME><STATE>{state}</STATE><IM_MAD><![CDATA[kvm]]></IM_MAD>
<VM_MAD><![CDATA[qemu]]></VM_MAD><CLUSTER_ID>100</CLUSTER_ID><CLUSTER>edge</CLUSTER>
<HOST_SHARE><RUNNING_VMS>2</RUNNING_VMS></HOST_SHARE><VMS><ID>10</ID><ID>11</ID></VMS>
<TEMPLATE><ERROR><![CDATA[{error}]]></ERROR><LABELS><![CDATA[a, b ,]]></LABELS><NIC><A>1</A></NIC><NIC><A>2</A></NIC>
<RESERVED_CPU><![CDATA[]]></RESERVED_CPU></TEMPLATE></HOST>"""


def test_id_zero_and_every_attribute_survive() -> None:
    found = host.from_xml(xml.parse(HOST.format(state=2, error="")))
    assert (found.id, found.name, found.state, found.im_mad, found.vmm_mad) == (0, "kvm1", "MONITORED", "kvm", "qemu")
    assert (found.cluster_id, found.cluster, found.vms, found.running_vms) == (100, "edge", (10, 11), 2)
    assert found.template["NIC"] == [{"A": "1"}, {"A": "2"}]
    assert found.template["RESERVED_CPU"] == ""
    assert found.labels == ["a", "b"]


@pytest.mark.parametrize(
    ("state", "name", "status", "monitored"),
    [
        (0, "INIT", "enabled", False),
        (1, "MONITORING_MONITORED", "enabled", True),
        (2, "MONITORED", "enabled", True),
        (3, "ERROR", "error", False),
        (4, "DISABLED", "disabled", False),
        (5, "MONITORING_ERROR", "error", False),
        (6, "MONITORING_INIT", "enabled", False),
        (7, "MONITORING_DISABLED", "disabled", False),
        (8, "OFFLINE", "offline", False),
        (42, "UNKNOWN_42", "enabled", False),
    ],
)
def test_states(state: int, name: str, status: str, monitored: bool) -> None:
    found = host.from_xml(xml.parse(HOST.format(state=state, error="")))
    assert (found.state, found.status, found.monitored) == (name, status, monitored)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("", ""),
        # mariadb/03_hosts.jsonl, 36: what is there when oned could not log in
        ("Sun Nov 22 15:05:39 2026 : Error monitoring Host 10.77.1.2 (3): ", ""),
        ("Sun Nov  1 15:05:39 2026 : Error monitoring Host kvm1 (3): no virsh", "no virsh"),
        ("Sun Nov 22 15:05:39 2026 : something else", "something else"),
        ("no date at all", "no date at all"),
    ],
)
def test_the_reason_of_an_error_comes_without_date_and_name(error: str, reason: str) -> None:
    assert host.from_xml(xml.parse(HOST.format(state=3, error=error))).error == reason


def test_several_errors_give_the_last() -> None:
    twice = HOST.format(state=3, error="one").replace("<LABELS>", "<ERROR><![CDATA[two]]></ERROR><LABELS>")
    assert host.from_xml(xml.parse(twice)).error == "two"


def test_characters_that_xml_forbids_do_not_hide_a_pool() -> None:
    bad = HOST.format(state=3, error="bad \x1b[1mthing")
    assert host.from_pool(f"<HOST_POOL>{bad}</HOST_POOL>")[0].error == "bad [1mthing"


def test_what_is_not_xml_is_an_error_that_names_the_method() -> None:
    with pytest.raises(OnedError, match=r"the answer to one.hostpool.info is not XML"):
        host.from_pool("<HOST_POOL><HOST>")


def test_deep_elements_become_nested_dictionaries() -> None:
    tree = xml.tree(xml.parse("<A><B><C>1</C></B><B><C>2</C><D/></B><E>x</E></A>"))
    assert tree == {"B": [{"C": "1"}, {"C": "2", "D": ""}], "E": "x"}


def test_clusters_are_found_by_id_name_and_without_case() -> None:
    pool = (
        "<CLUSTER_POOL><CLUSTER><ID>100</ID><NAME>Edge</NAME></CLUSTER>"
        "<CLUSTER><ID>0</ID><NAME>default</NAME></CLUSTER></CLUSTER_POOL>"
    )
    existing = clusters.from_pool(pool)
    assert pick(existing, "0") == Ref(0, "default")
    assert pick(existing, "edge") == Ref(100, "Edge")
    assert pick(existing, "Edge") == Ref(100, "Edge")
    assert pick(existing, "1") is None
    assert pick(existing, "") is None
