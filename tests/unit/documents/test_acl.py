# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Access rules: reading and writing them, and bringing them into being."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import acl
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine, info
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.acl import Rules
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError
from cloud_model import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from oned_model import Clock, ModelTransport

TRANSCRIPTS = Path(__file__).parents[2] / "contract/transcripts"


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud()
    made.put("group", "devs", id=100)
    made.put("user", "alice", id=7)
    made.put("cluster", "edge", id=101)
    return made


def client(cloud: Cloud) -> Client:
    clock = Clock()
    return Client(ModelTransport(cloud), "oneadmin", "secret", clock=clock, sleep=clock.sleep)


def run(cloud: Cloud, *rules: str, state: str = "present", check_mode: bool = False) -> dict[str, Any]:
    cloud.log.clear()
    return engine.ensure(client(cloud), Rules(rules, {"state": state}), check_mode=check_mode)


@pytest.mark.parametrize("backend", ["mariadb", "sqlite"])
def test_recorded_rules_are_read_and_written_as_oned_does(backend: str) -> None:
    lines = (TRANSCRIPTS / backend / "08_zone_group_acl_market.jsonl").read_text().splitlines()
    recorded = [json.loads(line) for line in lines]
    documents = [entry["response"][1] for entry in recorded if entry["method"] == "one.acl.info"]
    assert documents
    for document in documents:
        objects = Rules([], {}).objects(document)
        strings = [text.split("</STRING>")[0] for text in document.split("<STRING>")[1:]]
        assert [existing.name for existing in objects] == strings
        for existing in objects:
            assert acl.parse(existing.name, {}) == existing.view["_rule"]


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("#2 HOST/* ADMIN #0", ("0x100000002", "0x2400000000", "0x4", "0x100000000")),
        ("#2 host/* admin", ("0x100000002", "0x2400000000", "0x4", "0x100000000")),
        ("* ZONE/* USE *", ("0x400000000", "0x800400000000", "0x1", "0x400000000")),
        ("@1 NET+HOST/%100 USE+MANAGE *", ("0x200000001", "0x6800000064", "0x3", "0x400000000")),
    ],
)
def test_rules_become_what_oned_stores(text: str, parameters: tuple[str, ...]) -> None:
    assert acl.parse(text, {}).parameters == parameters


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.sampled_from(["*", "#0", "#12", "@100"]),
    st.lists(st.sampled_from(sorted(acl.RESOURCES)), min_size=1, unique=True),
    st.sampled_from(["*", "#3", "@1"]),
    st.lists(st.sampled_from(sorted(acl.RIGHTS)), min_size=1, unique=True),
    st.sampled_from(["*", "#0", "#100"]),
)
def test_a_rule_reads_back_as_itself(user: str, kinds: list[str], which: str, rights: list[str], zone: str) -> None:
    rule = acl.parse(f"{user} {'+'.join(kinds)}/{which} {'+'.join(rights)} {zone}", {})
    assert acl.parse(str(rule), {}) == rule


@pytest.mark.parametrize("text", ['@"web  team" VM/* USE', "'@web  team' VM/* USE #0", '@web"  "team VM/* USE'])
def test_names_with_blanks_are_quoted(cloud: Cloud, text: str) -> None:
    cloud.put("group", "web  team", id=101)
    (entry,) = run(cloud, text)["results"]
    assert (entry["actions"], entry["msg"]) == (["allocate"], "")
    (rule,) = Rules([], {}).objects(client(cloud).read("one.acl.info"))
    assert rule.name == "@101 VM/* USE #0"


def test_made_once_and_removed_once(cloud: Cloud) -> None:
    desired = ["@devs NET+HOST/%edge USE+MANAGE *", "#alice VM/@devs CREATE", "* CLUSTER/#101 USE *"]
    predicted = run(cloud, *desired, check_mode=True)
    assert cloud.writes == []
    done = run(cloud, *desired)
    assert done["diff"] == predicted["diff"]
    assert [entry["actions"] for entry in done["results"]] == [["allocate"]] * 3
    assert [entry["name"] for entry in done["results"]] == desired
    assert run(cloud, "@100 HOST+NET/%101 manage+use *", *desired[1:])["changed"] is False
    objects = Rules([], {}).objects(client(cloud).read("one.acl.info"))
    assert "@100 HOST+NET/%101 USE+MANAGE *" in [existing.name for existing in objects]
    assert info.describe(objects[0]) == {"id": objects[0].id, "name": objects[0].name}
    gone = run(cloud, *desired, "#99 VM/* USE *", state="absent")
    assert [entry["actions"] for entry in gone["results"]] == [["delete"]] * 3 + [[]]
    assert run(cloud, *desired, state="absent")["changed"] is False
    assert cloud.objects["acl"] == {}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_is_looked_up(cloud: Cloud, state: str, carried_out: bool) -> None:
    if state == "absent":
        run(cloud, "#7 VM/* USE *")
    left = [NoAnswer("lost")]

    def lose(method: str, _params: tuple[Any, ...]) -> None:
        if not method.endswith("info") and left:
            raise left.pop()

    cloud.lose, cloud.misbehave = (lose, cloud.misbehave) if carried_out else (cloud.lose, lose)
    result = run(cloud, "#7 VM/* USE *", state=state)["results"][0]
    assert (result["failed"], len(result["actions"])) == (False, 1)
    assert run(cloud, "#7 VM/* USE *", state=state)["changed"] is False


def test_a_rule_somebody_else_removed_is_gone(cloud: Cloud) -> None:
    run(cloud, "#7 VM/* USE *")
    cloud.misbehave = lambda method, _params: cloud.objects["acl"].clear() if method.endswith("delrule") else None
    result = run(cloud, "#7 VM/* USE *", state="absent")["results"][0]
    assert (result["failed"], result["state"]) == (False, "ABSENT")


BAD = [
    ("", "a rule is USER RESOURCES/WHICH RIGHTS"),
    ("#1", "a rule is USER RESOURCES/WHICH RIGHTS"),
    ("#1 VM/* USE * *", "a rule is USER RESOURCES/WHICH RIGHTS"),
    ("#1 VM USE *", "after the resources stands a /"),
    ("#1 VM/ USE *", "the which '' is none of *"),
    ("#1 XX/* USE *", "there is no resource 'XX'"),
    ("#1 VM+/* USE *", "there is no resource ''"),
    ("#1 VM/* READ *", "there is no right 'READ'"),
    ("#1 VM/* USE+ *", "there is no right ''"),
    ("1 VM/* USE *", "the user '1' is none of *, #..., @..."),
    ("%1 VM/* USE *", "the user '%1' is none of"),
    ("# VM/* USE *", "the user '#' is none of"),
    ("@ VM/* USE *", "the user '@' is none of"),
    ("#bob VM/* USE *", "there is no user 'bob'"),
    ("@nope VM/* USE *", "there is no group 'nope'"),
    ("#1 HOST/%nope USE *", "there is no cluster 'nope'"),
    ("#1 VM/%100 USE *", "only DATASTORE, HOST, NET can be chosen by cluster (%)"),
    ("#1 VM/#web USE *", "there is no which 'web'"),
    ("#1 VM/* USE @1", "the zone '@1' is none of *, #..."),
    ("#1 VM/* USE #z", "there is no zone 'z'"),
    ("#99999999999 VM/* USE *", "there is no user '99999999999'"),
    ("#1 VM/\U0001f600 USE *", "is none of *"),
    ('"#1 VM/* USE *', "a quote is never closed"),
    ("#1 <VM>/* USE *", "there is no resource '<VM>'"),
]


@pytest.mark.parametrize(("rule", "reason"), BAD)
def test_mistakes_are_one_sentence_and_change_nothing(cloud: Cloud, rule: str, reason: str) -> None:
    with pytest.raises(OnedError) as caught:
        run(cloud, "#7 VM/* USE *", rule)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert cloud.writes == []


def test_a_rule_is_listed_once(cloud: Cloud) -> None:
    with pytest.raises(OnedError, match="the rules '#7 VM/\\* USE' and '#alice vm/\\* use #0' are the same"):
        run(cloud, "#7 VM/* USE", "#alice vm/* use #0")
