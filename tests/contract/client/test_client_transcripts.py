# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What real oneds, 6.10.5 and 6.10.0.1, answered, decoded by the client and, as a second opinion, by pyone."""

from __future__ import annotations

import json
import xmlrpc.client
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyone
import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names, template, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client, RetryLimits
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError, Unreachable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import checked, looks_like_xmlrpc

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
IMPATIENT = RetryLimits(authentication=0, connection_refused=0, no_leader=0, no_answer=0, internal=0)


@dataclass
class Recorded:
    """One line of a transcript."""

    place: str
    line: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.line["method"])

    @property
    def response(self) -> Any:
        return self.line.get("response")

    @property
    def session(self) -> str:
        return str(self.line["params"][0]) if self.line["params"] else ""

    @property
    def body(self) -> bytes:
        """The HTTP body as recorded, or, where it was too long to record, as it must have been."""
        if "raw_response" in self.line:
            return str(self.line["raw_response"]).encode()
        if "fault" in self.line:
            fault = self.line["fault"]
            return xmlrpc.client.dumps(xmlrpc.client.Fault(fault["faultCode"], fault["faultString"])).encode()
        return xmlrpc.client.dumps((self.response,), methodresponse=True).encode()

    @property
    def document(self) -> str | None:
        """The inner XML document of a successful answer, or None."""
        answer = self.response
        if isinstance(answer, list) and len(answer) > 1 and answer[0] is True and isinstance(answer[1], str):
            return answer[1] if answer[1].startswith("<") else None
        return None


def recorded() -> Iterator[Recorded]:
    for path in sorted(TRANSCRIPTS.glob("*/*.jsonl")):
        for number, text in enumerate(path.read_text().splitlines(), 1):
            yield Recorded(f"{path.parent.name}/{path.name}:{number}", json.loads(text))


LINES = list(recorded())
CALLS = [line for line in LINES if "method" in line.line and not line.line.get("timeout")]
ONED = [line for line in CALLS if line.method.startswith("one.")]
HTTP = [line for line in LINES if "http_method" in line.line]


@dataclass
class Tape:
    """Answers with a recorded body and keeps what was asked."""

    answer: bytes
    asked: bytes = b""
    place: str = "the recording"

    def post(self, body: bytes, timeout: float) -> bytes:
        self.asked = body
        return self.answer


def client(tape: Tape, session: str = "oneadmin:PASSWORD") -> Client:
    username, _colon, password = session.partition(":")
    return Client(tape, username, password, retry_limits=IMPATIENT)


def test_the_recordings_are_there() -> None:
    assert Counter(line.place.split("/")[0] for line in LINES) == {"mariadb": 461, "sqlite": 428, "6.10.0.1": 581}
    assert len(HTTP) == 8


@pytest.mark.parametrize("line", ONED, ids=lambda line: f"{line.place}-{line.method}")
def test_every_answer_is_decoded(line: Recorded) -> None:
    assert looks_like_xmlrpc(line.body)
    call = Call(line.method, tuple(line.line["params"][1:]))
    (outcome,) = client(Tape(line.body), line.session).read_many([call])
    if "fault" in line.line:
        assert isinstance(outcome, OnedError)
        assert (outcome.code, outcome.message) == (line.line["fault"]["faultCode"], line.line["fault"]["faultString"])
    elif line.response[0]:
        # xmlrpc, like any XML parser, reads a carriage return as a line feed
        assert outcome == line.response[1]
        assert type(outcome) is type(line.response[1])
    else:
        assert isinstance(outcome, OnedError)
        assert not isinstance(outcome, (NoAnswer, Unreachable))
        assert (outcome.method, outcome.code) == (line.method, line.response[2])
        assert line.response[1].removeprefix(f"[{line.method}] ").strip() in outcome.message
        assert f"[{line.method}]" not in outcome.message


def test_requests_say_what_the_recorded_ones_said() -> None:
    checked = 0
    for line in ONED:
        if ":" not in line.session or "raw_request" not in line.line:
            continue
        tape = Tape(line.body)
        client(tape, line.session).read_many([Call(line.method, tuple(line.line["params"][1:]))])
        assert xmlrpc.client.loads(tape.asked) == xmlrpc.client.loads(line.line["raw_request"]), line.place
        checked += 1
    assert checked > 800


def test_several_calls_in_one() -> None:
    # recorded with one call in it; here with that call's answer twice
    (once, _sqlite) = [line.body for line in CALLS if line.method == "system.multicall"]
    element = once.split(b"<data>\r\n", 1)[1].rsplit(b"</data>", 1)[0]
    tape = Tape(once.replace(element, element * 2))
    assert client(tape).read_many([Call("one.system.version")] * 2) == ["6.10.5", "6.10.5"]


@pytest.mark.parametrize(
    "line", [line for line in CALLS if line.method.startswith("system.")], ids=lambda line: line.place
)
def test_answers_of_the_xmlrpc_library_itself_are_recognized(line: Recorded) -> None:
    with pytest.raises(OnedError, match="does not look like oned's"):
        client(Tape(line.body)).read(line.method)


@pytest.mark.parametrize("line", HTTP, ids=lambda line: f"{line.place}-{line.line['label']}")
def test_what_is_not_a_call(line: Recorded) -> None:
    status, body = line.line["http_status"], line.line["raw_response"].encode()
    place = "http://one.example.org:2633/RPC2"
    if status == 200:
        assert checked(place, status, body) == body
        with pytest.raises(OnedError, match="Call is not valid XML") as caught:
            client(Tape(body)).read("one.x")
        assert caught.value.code == -503
    else:
        with pytest.raises(Unreachable, match=f"answers HTTP {status}: is this oned's XML-RPC address"):
            checked(place, status, body)


def opinion(line: Recorded) -> Any:
    """pyone's decoding of an answer."""
    server = pyone.OneServer("http://one.example.org:2633/RPC2", session=line.session)
    server._do_request = lambda _method, _params: line.response
    return getattr(server, line.method.removeprefix("one."))(*line.line["params"][1:])


# Attributes of address ranges that have no member in pyone's objects.
NOT_IN_PYONE = {"GATEWAY", "IP6", "NEW", "PREFIX_LENGTH"}


def disagreements(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Where pyone's object differs from our nested dictionaries. pyone makes numbers of some texts."""
    if isinstance(ours, list) or isinstance(theirs, list):
        left = ours if isinstance(ours, list) else [ours]
        right = theirs if isinstance(theirs, list) else [theirs]
        if len(left) != len(right):
            yield f"{path}: {len(left)} and {len(right)} elements"
        for number, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from disagreements(one, other, f"{path}[{number}]")
    elif isinstance(ours, dict):
        for key, value in ours.items():
            found = theirs.get(key) if isinstance(theirs, dict) else getattr(theirs, key, "missing")
            if found == "missing" and key in NOT_IN_PYONE:
                continue
            yield from disagreements(value, found, f"{path}/{key}")
    elif ours == "":
        # for an empty element pyone makes None, or an object without members
        members = [value for key, value in getattr(theirs, "__dict__", {}).items() if key.isupper()]
        if any(members) or (isinstance(theirs, (str, int, float)) and theirs != ""):
            yield f"{path}: empty and {theirs!r}"
    elif str(theirs) != ours and not (isinstance(theirs, float) and float(ours) == theirs):
        yield f"{path}: {ours!r} and {theirs!r}"


# pyone does not know the elements of these two answers
WITHOUT_SCHEMA = {"one.groupquota.info", "one.userquota.info"}
INFO = [
    line
    for line in ONED
    if line.document is not None and line.method.endswith(".info") and line.method not in WITHOUT_SCHEMA
]


@pytest.mark.parametrize("line", INFO, ids=lambda line: f"{line.place}-{line.method}")
def test_pyone_reads_the_same(line: Recorded) -> None:
    assert line.document is not None
    found = opinion(line)
    assert list(disagreements(xml.tree(xml.parse(line.document)), found, line.method)) == []


HOSTS = [line for line in ONED if line.method in ("one.hostpool.info", "one.host.info") and line.document is not None]


@pytest.mark.parametrize("line", HOSTS, ids=lambda line: line.place)
def test_pyone_reads_the_same_hosts(line: Recorded) -> None:
    assert line.document is not None
    theirs = opinion(line)
    if line.method == "one.host.info":
        ours, theirs = [host.from_xml(xml.parse(line.document))], [theirs]
    else:
        ours, theirs = host.from_pool(line.document), theirs.HOST
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.id, one.name, one.state) == (other.ID, other.NAME, pyone.HOST_STATES(other.STATE).name)
        assert (one.im_mad, one.vmm_mad) == (other.IM_MAD, other.VM_MAD)
        assert (one.cluster_id, one.cluster) == (other.CLUSTER_ID, other.CLUSTER)
        assert (list(one.vms), one.running_vms) == (other.VMS.ID, other.HOST_SHARE.RUNNING_VMS)
        # pyone makes None of an empty value
        assert one.template == {key: "" if value is None else value for key, value in other.TEMPLATE.items()}


def test_host_names_are_checked_as_oned_does() -> None:
    judged = Counter[bool]()
    for line in ONED:
        if line.method == "one.host.allocate" and isinstance(line.response, list):
            refused = not line.response[0] and "Invalid HOSTNAME" in line.response[1]
            name = line.line["params"][1]
            assert (names.host_name_problem(name) is not None) == (refused or len(name) == 1), line.place
            judged[refused] += 1
    assert judged[True] >= 8
    assert judged[False] >= 20


@pytest.mark.parametrize("backend", ["mariadb", "sqlite"])
@pytest.mark.parametrize(
    ("sent", "label"),
    [
        ('NOTE="second"\nTAGS=[A="1",B="2"]', "after two appends"),
        ('ESC="a\\"b<c>&d é"', "after escapes"),
    ],
)
def test_templates_come_back_as_they_were_sent(backend: str, sent: str, label: str) -> None:
    lines = [line for line in ONED if line.place.startswith(f"{backend}/03_hosts")]
    assert any(line.method == "one.host.update" and line.line["params"][2] == sent for line in lines)
    (document,) = [line.document for line in lines if line.line["label"] == label]
    assert document is not None
    found = host.from_xml(xml.parse(document)).template
    wanted = template.parse(sent)
    for key, value in wanted.items():
        assert template.same(value, found[key])
    assert template.parse(template.render(wanted)) == wanted
