# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers of a real oned 6.10.0.1 to calls that the transcripts do not hold, measured by sending both the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xmlrpc.client import Fault

import pytest
from standin_cloud import SESSION, Cloud

ALICE = "alice:secret"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with one host, one user and the cluster 100."""
    cloud = Cloud(tmp_path_factory.mktemp("answers") / "one")
    cloud.start()
    cloud.call("one.host.allocate", "host0", "none", "none", -1)
    cloud.call("one.user.allocate", "alice", "secret", "")
    cloud.call("one.cluster.allocate", "cluster100")
    yield cloud
    cloud.stop()


def refusal(cloud: Cloud, method: str, *parameters: Any, session: str = SESSION) -> tuple[str, int]:
    answer = cloud.call(method, *parameters, session=session)
    assert answer[0] is False, answer
    return answer[1].removeprefix(f"[{method}] "), answer[2]


def fault(cloud: Cloud, method: str, *parameters: Any, session: str = SESSION) -> tuple[int, str]:
    with pytest.raises(Fault) as caught:
        cloud.call(method, *parameters, session=session)
    return caught.value.faultCode, caught.value.faultString


def template(cloud: Cloud, kind: str, oid: int) -> str:
    text: str = cloud.call(f"one.{kind}.info", oid)[1]
    return text.split("<TEMPLATE>")[1].split("</TEMPLATE>")[0].replace("<![CDATA[", "").replace("]]>", "")


@pytest.mark.parametrize("kind", ["host", "cluster", "zone", "datastore"])
def test_the_id_of_nobody_is_a_pool(running: Cloud, kind: str) -> None:
    assert refusal(running, f"one.{kind}.info", -1) == (f"Error getting {kind} Pool.", 1024)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A==1", "<A>1</A>"),
        ("A=1 B=2", "<A>1</A><B>2</B>"),
        ('A="x', '<A>"x</A>'),
        ("A=\nB=1", "<A></A><B>1</B>"),
        ("A=[]\nB=1", "<B>1</B>"),
        ('A = [ B = 1 , C = "x,y" ]', "<A><B>1</B><C>x,y</C></A>"),
        ("#c\nA=\u00e4", "<A>\u00e4</A>"),
        ("<T><A><B>1</B></A></T>", "<A><B>1</B></A>"),
    ],
)
def test_templates(running: Cloud, text: str, shown: str) -> None:
    assert running.call("one.cluster.update", 100, text)[0] is True
    assert template(running, "cluster", 100) == shown


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("=", "unexpected EQUAL, expecting $end at line 0, columns 1:2"),
        ("A", "unexpected $end, expecting EQUAL or EQUAL_EMPTY at line 0, columns 1:2"),
        ("A=", "unexpected $end, expecting OBRACKET or CCDATA or STRING at line 0, columns 2:3"),
        ("A=[", "unexpected $end, expecting CBRACKET or VARIABLE at line 0, columns 3:4"),
        ("A=[B", "unexpected $end, expecting EQUAL at line 0, columns 4:5"),
        ("A=[B=1", "unexpected $end, expecting COMMA or CBRACKET at line 0, columns 6:7"),
        ("A=[B=1,]", "unexpected CBRACKET, expecting VARIABLE at line 0, columns 8:9"),
        ("A=3 # c", "unexpected $end, expecting EQUAL or EQUAL_EMPTY at line 0, columns 7:8"),
        ("A-B=1", "unexpected VARIABLE, expecting EQUAL or EQUAL_EMPTY at line 0, columns 3:4"),
        ("A=1,2", "unexpected COMMA, expecting $end at line 0, columns 4:5"),
        ("\u00e4=1", "unexpected EQUAL, expecting $end at line 0, columns 3:4"),
    ],
)
def test_parse_errors(running: Cloud, text: str, error: str) -> None:
    expected = f"Cannot update template. Parse error: syntax error, {error}"
    assert refusal(running, "one.cluster.update", 100, text, 0) == (expected, 8192)


def test_other_parse_errors(running: Cloud) -> None:
    malformed = "Cannot update template. Parse error: XML Template malformed."
    assert refusal(running, "one.cluster.update", 100, "<T><A>1</A>", 0) == (malformed, 8192)
    assert refusal(running, "one.cluster.update", 100, 'A="]]>"', 0) == ("Cannot update template. Parse error.", 8192)


def test_the_object_is_looked_up_before_the_way_of_its_update(running: Cloud) -> None:
    assert refusal(running, "one.host.update", 99, "=", 5) == ("Error getting host [99].", 1024)
    assert refusal(running, "one.host.update", 0, "=", 5) == ("Wrong update type", 4096)
    assert fault(running, "one.host.update", 0, "A=1", "1") == (
        -501,
        "Parameter that is supposed to be integer is not",
    )


def test_a_host_keeps_its_drivers(running: Cloud) -> None:
    running.call("one.host.update", 0, 'IM_MAD=""\nVM_MAD=""', 0)
    assert template(running, "host", 0) == "<IM_MAD>none</IM_MAD><VM_MAD>none</VM_MAD>"


def test_a_host_that_is_offline_shows_its_disks(running: Cloud) -> None:
    assert "<DATASTORES></DATASTORES>" in running.call("one.hostpool.info")[1]
    running.call("one.host.status", 0, 2)
    assert "<DATASTORES><DISK_USAGE>" in running.call("one.hostpool.info")[1]


def test_a_host_goes_back_whichever_cluster_is_named(running: Cloud) -> None:
    assert running.call("one.cluster.addhost", 100, 0) == [True, 100, 0]
    assert running.call("one.cluster.delhost", 99, 0) == [True, 0, 0]


@pytest.mark.parametrize(
    ("method", "parameters", "missing"),
    [
        ("one.host.update", [0, "A=1", 1], "ADMIN HOST [0]"),
        ("one.host.rename", [0, "other"], "ADMIN HOST [0]"),
        ("one.user.chgrp", [2, 0], "USE GROUP [0]"),
        ("one.cluster.delhost", [100, 0], "ADMIN CLUSTER [0]; Not authorized to perform ADMIN HOST [0]"),
    ],
)
def test_rights(running: Cloud, method: str, parameters: list[Any], missing: str) -> None:
    expected = f"User [2] : Not authorized to perform {missing}."
    assert refusal(running, method, *parameters, session=ALICE) == (expected, 512)


def test_oneadmin_stays_what_it_is(running: Cloud) -> None:
    assert refusal(running, "one.user.enable", 0, False) == ("Cannot enable/disable oneadmin user", 2048)
    moved = "user [0] oneadmin cannot be moved outside of the group [0] oneadmin"
    assert refusal(running, "one.user.chgrp", 0, 1) == (moved, 8192)


def test_a_secondary_group_becomes_the_primary_one(running: Cloud) -> None:
    assert running.call("one.group.allocate", "group100") == [True, 100, 0]
    running.call("one.user.addgroup", 2, 100)
    running.call("one.user.chgrp", 2, 100)
    text = running.call("one.user.info", 2)[1]
    assert "<GID>100</GID><GROUPS><ID>1</ID><ID>100</ID></GROUPS>" in text
    rules = running.call("one.acl.info")[1]
    assert [line.split("</STRING>")[0] for line in rules.split("<STRING>@100 ")[1:]] == [
        "HOST/* MANAGE #0",
        "NET/* USE #0",
        "DATASTORE/* USE #0",
    ]


def test_the_zone_keeps_an_endpoint(running: Cloud) -> None:
    running.call("one.zone.update", 0, 'SERVER=[ENDPOINT="e"]\nA=1', 0)
    assert template(running, "zone", 0) == "<A>1</A><ENDPOINT>-</ENDPOINT>"


def test_a_failing_entry_of_a_multicall_fails_alone(running: Cloud) -> None:
    names = ["one.system.version", "one.no.such", "one.system.version"]
    calls = [{"methodName": name, "params": [SESSION]} for name in names]
    version = [[True, "6.10.0.1", 0]]
    unknown = {"faultCode": -506, "faultString": "Method 'one.no.such' not defined"}
    assert running.call("system.multicall", calls, session="") == [version, unknown, version]


@pytest.mark.parametrize(("entry", "code"), [("x", -501), ({"methodName": "system.multicall", "params": [[]]}, -507)])
def test_a_malformed_multicall_fails_as_a_whole(running: Cloud, entry: Any, code: int) -> None:
    assert fault(running, "system.multicall", [entry], session="")[0] == code


def test_wrong_types_and_words(running: Cloud) -> None:
    assert fault(running, "one.cluster.allocate", 5) == (-501, "Parameter that is supposed to be a string is not")
    expected = -501, "Parameter that is supposed to be an array is not"
    assert fault(running, "one.user.allocate", "bob", "pw", "core", 5) == expected
