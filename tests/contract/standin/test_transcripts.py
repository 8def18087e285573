# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The stand-in answers what a real oned answered: the recorded calls, in their order, on a fresh database."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import sys
import time
import xml.parsers.expat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

from standin_cloud import DRIVER_SECONDS, RSYNC, SSH, Cloud

TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"
# In the order in which they were recorded, each list on a new cloud; but 07 of MariaDB on one that had been used.
OF_6_10_5 = (
    "01_system_user",
    "02_errors",
    "03_hosts",
    "04_clusters",
    "05_datastores",
    "06_vnets",
    "08_zone_group_acl_market",
    "07_vms_templates_images",
)
OF_6_10_0_1 = tuple(sorted(path.stem for path in (TRANSCRIPTS / "6.10.0.1").glob("*.jsonl")))
# In 07 calls about virtual machines, of which test_machines plays those that have no disks, and about hosts that run
# them; in 08 a call that a zone refused which one.zone.enable had disabled.
LEFT_OUT_CALLS = {"07_vms_templates_images": range(24, 118), "08_zone_group_acl_market": range(13, 14)}

# Values of the recording machine or the moment; where they stand in an answer must be equal, what they are cannot be.
VOLATILE = {"TIMESTAMP", "REGTIME", "TOTAL_MB", "FREE_MB", "USED_MB", "NETRX", "NETTX"}
VOLATILE |= {"FREE_CPU", "FREE_MEMORY", "USED_CPU", "USED_MEMORY"}
# Quotas, the dummy driver's long inventory, and what one.zone.addserver has added.
WITHOUT_CHILDREN = {"VM_QUOTA", "DATASTORE_QUOTA", "PCI_DEVICES", "NUMA_NODES", "SERVER_POOL"}
LEFT_OUT = {"LOGIN_TOKEN", "NUMA_NODE", "KVM_CPU_FEATURES", "KVM_CPU_MODELS"}
# What OpenNebula's dummy driver says of every image.
DUMMY_IMAGE = {"SOURCE": "dummy_path", "FORMAT": "dummy_format", "SIZE": "1024"}

Node = tuple[str, bool, str, tuple[Any, ...]]


def tree(text: str) -> Node:
    """Tag, whether its text is CDATA, text and children, recursively, of an XML document."""
    stack: list[list[Any]] = [["", False, "", []]]

    def start(tag: str, _attributes: dict[str, str]) -> None:
        node = [tag, False, "", []]
        stack[-1][3].append(node)
        stack.append(node)

    def cdata() -> None:
        stack[-1][1] = True

    def data(text: str) -> None:
        stack[-1][2] += text

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: stack.pop()
    parser.StartCdataSectionHandler = cdata
    parser.CharacterDataHandler = data
    parser.Parse(text, True)
    return comparable(stack[0][3][0])


def comparable(node: list[Any]) -> Node:
    tag, is_cdata, text, children = node
    text = "*" if tag in VOLATILE or re.fullmatch("[0-9a-f]{64}", text) else text
    text = re.sub(r"^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} :", "* :", text)
    text = re.sub(r"http://localhost:\d+/RPC2", "http://localhost:PORT/RPC2", text)
    text = re.sub(r"^/\S*//datastores/", "DATASTORES/", text)
    text = re.sub(r"(?<=^DATASTORES/)(\d+/)[0-9a-f]{32}$", r"\1*", text)
    kept = [] if tag in WITHOUT_CHILDREN else [comparable(child) for child in children if child[0] not in LEFT_OUT]
    if tag == "AR" and not any(child[0] == "IP" for child in kept):
        # Where there is no address to make them of, MAC addresses are random, and what is made of them.
        random = re.compile("MAC(_END)?|IP6_(ULA|GLOBAL)(_END)?")
        kept = [(*child[:2], "*", ()) if random.fullmatch(child[0]) else child for child in kept]
    if tag == "CONTEXT":
        kept = [(*child[:2], re.sub("^[A-Za-z0-9+/]+==?$", "*", child[2]), child[3]) for child in kept]
    return tag, is_cdata, text, tuple(kept)


def normal(value: Any) -> Any:
    """An answer without what must differ."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("<"):
        return tree(value)
    # oned prints a number there that nobody has set.
    value = re.sub(r" at line -?\d+, columns", " at line 0, columns", value)
    return {"6.10.5": "VERSION", "6.10.0.1": "VERSION"}.get(value, value)


def differing(recorded: Any, answered: Any, where: str = "") -> Iterator[str]:
    """Each place in which two normalised answers differ."""
    alike = isinstance(recorded, (tuple, list)) and isinstance(answered, (tuple, list))
    if alike and len(recorded) == len(answered):
        here = f"{where}/{recorded[0]}" if recorded and isinstance(recorded[0], str) else where
        for one, other in zip(recorded, answered, strict=True):
            yield from differing(one, other, here)
    elif recorded != answered and (where.rpartition("/")[2], recorded) not in DUMMY_IMAGE.items():
        yield f"{where}: recorded {recorded!r}, answered {answered!r}"


def records(backend: str, name: str) -> Iterator[dict[str, Any]]:
    """The recorded calls that are replayed."""
    with (TRANSCRIPTS / backend / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if "method" in record and record["seq"] not in LEFT_OUT_CALLS.get(name, ()):
                yield record


def http_records() -> list[dict[str, Any]]:
    """Requests that are no calls."""
    lines = (TRANSCRIPTS / "sqlite/02_errors.jsonl").read_text(encoding="utf-8").splitlines()
    return [record for record in map(json.loads, lines) if "http_method" in record]


def answer(cloud: Cloud, method: str, parameters: list[Any]) -> Any:
    try:
        return cloud.call(method, *parameters, session="")
    except Fault as fault:
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


class Replay:
    """Sends recorded calls. onemonitord sleeps but where the recording waited for it: the moment a host changes its
    state is then the recorded one, whatever the speed of the machine."""

    def __init__(self, backend: str, cloud: Cloud) -> None:
        self.backend, self.cloud = backend, cloud
        self.method_prefix = set(cloud.call("system.listMethods", session=""))
        cloud.wait(cloud.monitord, "onemonitord")
        self.monitord = cloud.monitord()
        os.kill(self.monitord, signal.SIGSTOP)

    def close(self) -> None:
        os.kill(self.monitord, signal.SIGCONT)

    def let_monitor(self, record: dict[str, Any]) -> None:
        """Where a host was recorded as monitored or failed that is INIT here, let onemonitord do its work."""
        if record["method"] != "one.host.info" or not record.get("response", [False])[0]:
            return
        wanted, oid = record["response"][1].split("<STATE>")[1].split("<")[0], record["params"][1]
        if wanted not in ("2", "3") or self.cloud.host_state(oid) != "0":
            return
        os.kill(self.monitord, signal.SIGCONT)
        self.cloud.wait(lambda: self.cloud.host_state(oid) == wanted, f"state {wanted} of host {oid}")
        self.cloud.wait(self.all_dummies_monitored, "monitoring of the other hosts")
        os.kill(self.monitord, signal.SIGSTOP)

    def all_dummies_monitored(self) -> bool:
        pool = self.cloud.call("one.hostpool.info")[1]
        hosts = [text for text in pool.split("</HOST>") if "<IM_MAD><![CDATA[dummy]]>" in text]
        return all("<STATE>2</STATE>" in text for text in hosts)

    def given(self, method: str, parameters: list[Any], expected: Any) -> tuple[Any, list[str]]:
        """The answer and how it differs. Where the recording had waited for a driver, a call is repeated: one that
        only reads, or one that is refused and should not be."""
        end = time.monotonic() + 1.5 * DRIVER_SECONDS
        while True:
            answered = answer(self.cloud, method, parameters)
            found = list(differing(normal(expected), normal(answered)))
            refused = isinstance(answered, list) and answered[0] is False and expected[0] is True
            if not found or not (method.endswith(".info") or refused) or time.monotonic() > end:
                return answered, found
            time.sleep(0.1)

    def differences(self, name: str) -> Iterator[str]:
        for record in records(self.backend, name):
            method, label = record["method"], record.get("label") or ""
            parameters = list(record["params"])
            if label == "oneadmin changes alice":
                # Redacted to the old password's placeholder; the following calls use the new one.
                parameters[2] = "NEWPASSWORD"
            if method == "system.listMethods":
                assert set(record["response"]) >= self.method_prefix
                continue
            expected: Any = record.get("fault") or record["response"]
            if method not in self.method_prefix:
                expected = {"faultCode": -506, "faultString": f"Method '{method}' not defined"}
            self.let_monitor(record)
            _answered, found = self.given(method, parameters, expected)
            for difference in found:
                yield f"{name} {record['seq']} {label}: {method} {parameters}: {difference}"


def replayed(backend: str, names: tuple[str, ...], cloud: Cloud, tmp_path: Path) -> list[str]:
    # Hosts with a real driver were recorded where no log-in succeeded, the others with OpenNebula's dummy driver.
    agent = Path(__file__).with_name("dummy_agent.py")
    script = cloud.var / "remotes" / "im" / "run_monitord_client"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {agent} "$1"\n')
    for name, text in (("ssh", SSH), ("rsync", RSYNC)):
        (tmp_path / name).write_text("#!/bin/sh\n" + text.format(log="/dev/null"))
        (tmp_path / name).chmod(0o755)
    cloud.path = f"{tmp_path}:{cloud.path}"
    cloud.start()
    replay = Replay(backend, cloud)
    try:
        return [difference for name in names for difference in replay.differences(name)]
    finally:
        replay.close()


def test_answers_equal_those_of_6_10_5(recorded_cloud: tuple[str, Cloud], tmp_path: Path) -> None:
    backend, cloud = recorded_cloud
    found = replayed(backend, OF_6_10_5 if backend == "sqlite" else OF_6_10_5[:-1], cloud, tmp_path)
    assert not found, "\n".join(found)


def test_answers_equal_those_of_6_10_0_1(recorded_cloud: tuple[str, Cloud], tmp_path: Path) -> None:
    _backend, cloud = recorded_cloud
    found = replayed("6.10.0.1", OF_6_10_0_1, cloud, tmp_path)
    assert not found, "\n".join(found)


def test_http_answers_equal_the_recorded_ones(cloud: Cloud) -> None:
    cloud.start()
    bodies = {"http: not xml": b"this is not xml", "http: empty body": b"", "http: wrong path": b"<methodCall/>"}
    assert len(http_records()) == 4
    for record in http_records():
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=5)
        connection.request(record["http_method"], record["path"], bodies.get(record["label"]))
        response = connection.getresponse()
        body = response.read().decode()
        assert response.status == record["http_status"], record["label"]
        assert response.getheader("Connection") == "close"
        assert response.getheader("Content-type") == record["headers"]["Content-type"]
        codes = re.findall(r"<i4>(-\d+)</i4>", record["raw_response"])
        assert re.findall(r"<i4>(-\d+)</i4>", body) == codes


def test_a_connection_carries_one_call(cloud: Cloud) -> None:
    cloud.start()
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=5)
    call = "<?xml version='1.0'?><methodCall><methodName>system.listMethods</methodName><params></params></methodCall>"
    connection.request("POST", "/RPC2", call, {"Content-type": "text/xml", "Connection": "keep-alive"})
    response = connection.getresponse()
    response.read()
    assert response.getheader("Connection") == "close"
    assert connection.sock is None
