# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of object that is declared by name: what all have in common, and what each does differently."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import engine, info
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError, SetupError
from oned_model import Clock, ModelTransport, Refused
from resource_cases import CASES, Case, Item, cloud

EACH_KIND = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
RENAMED = pytest.mark.parametrize("case", [c for c in CASES.values() if c.resources.can_rename], ids=lambda c: c.kind)


class Lab:
    """A cloud, a clock that only sleeping moves, and a module's work on both."""

    def __init__(self) -> None:
        self.cloud = cloud()
        self.clock = Clock()

    @property
    def client(self) -> Client:
        return Client(ModelTransport(self.cloud), "oneadmin", "secret", clock=self.clock, sleep=self.clock.sleep)

    def run(self, case: Case, *items: Item, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        self.cloud.log.clear()
        self.cloud.requests = 0
        listed = [{"name": "a1", **item} for item in items]
        resources = case.resources(listed, {"state": "present", "template_mode": "merge", **params})
        return engine.ensure(self.client, resources, check_mode=check_mode)

    def listed(self, case: Case, **params: Any) -> list[dict[str, Any]]:
        resources = case.resources([], {})
        objects = resources.objects(self.client.read(resources.list_call.method, *resources.list_call.params))
        return [info.describe(existing) for existing in info.chosen(objects, {"names": None, "ids": None, **params})]


@pytest.fixture
def lab() -> Lab:
    return Lab()


def actions(result: dict[str, Any]) -> list[list[str]]:
    assert [entry["msg"] for entry in result["results"] if entry["failed"]] == []
    return [entry["actions"] for entry in result["results"]]


@EACH_KIND
@pytest.mark.parametrize("full", [False, True])
def test_made_once_then_only_read_and_removed_once(lab: Lab, case: Case, full: bool) -> None:
    declared = case.full if full else case.minimal
    before = copy.deepcopy(lab.cloud.objects)
    predicted = lab.run(case, declared, check_mode=True)
    assert lab.cloud.writes == []
    assert lab.cloud.objects == before
    made = lab.run(case, declared)
    assert actions(made) == actions(predicted)
    assert actions(made)[0][0] == "allocate"
    assert made["diff"] == predicted["diff"]
    assert list(made["diff"]["after"]) == ["a1"]
    assert made["results"][0]["state"] != "ABSENT"
    again = lab.run(case, declared)
    # What oned keeps encrypted is asked for decrypted, in one request for all.
    requests = 2 if full and case.kind == "template" else 1
    assert (again["changed"], lab.cloud.writes, lab.cloud.requests) == (False, [], requests)
    assert again["diff"] == {"before": {}, "after": {}}
    assert lab.run(case, {})["changed"] is False
    assert [existing["name"] for existing in lab.listed(case, names=["A1"])] == ["a1"]
    if not full or case.kind not in ("cluster", "group"):  # which have members then
        assert actions(lab.run(case, {}, state="absent")) == [["delete"]]
        assert lab.listed(case, names=["a1"]) == []
        assert lab.run(case, {}, state="absent")["changed"] is False


def variations() -> list[Any]:
    return [
        pytest.param(case, item, expected, id=f"{name}-{number}")
        for name, case in CASES.items()
        for number, (item, expected) in enumerate(case.changes)
    ]


@pytest.mark.parametrize(("case", "item", "expected"), variations())
def test_only_what_differs_is_sent(lab: Lab, case: Case, item: Item, expected: list[str]) -> None:
    lab.run(case, case.full)
    declared = {**case.minimal, **item}
    predicted = lab.run(case, declared, check_mode=True)
    assert lab.cloud.writes == []
    done = lab.run(case, declared)
    assert actions(done) == actions(predicted) == [expected]
    assert done["diff"] == predicted["diff"]
    assert done["diff"]["before"] != done["diff"]["after"]
    assert lab.run(case, declared)["changed"] is False


@pytest.mark.parametrize(("case", "item", "expected"), variations())
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_is_looked_up(lab: Lab, case: Case, item: Item, expected: list[str], carried_out: bool) -> None:
    lab.run(case, case.full)
    left = [NoAnswer("lost")]

    def lose(method: str, _params: tuple[Any, ...]) -> None:
        if not method.endswith(".info") and left:
            raise left.pop()

    if carried_out:
        lab.cloud.lose = lose
    else:
        lab.cloud.misbehave = lose
    done = lab.run(case, {**case.minimal, **item})
    assert [sorted(entry) for entry in actions(done)] == [sorted(expected)]
    assert lab.run(case, {**case.minimal, **item})["changed"] is False


@EACH_KIND
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_to_the_first_call_is_looked_up(lab: Lab, case: Case, carried_out: bool) -> None:
    left = [NoAnswer("lost")]

    def lose(method: str, _params: tuple[Any, ...]) -> None:
        if method.endswith(("allocate", "addrule")) and left:
            raise left.pop()

    if carried_out:
        lab.cloud.lose = lose
    else:
        lab.cloud.misbehave = lose
    assert actions(lab.run(case, case.full))[0][0] == "allocate"
    assert lab.run(case, case.full)["changed"] is False


@EACH_KIND
def test_someone_else_was_faster(lab: Lab, case: Case) -> None:
    def faster(method: str, params: tuple[Any, ...]) -> None:
        if method.endswith(".allocate"):
            lab.cloud.misbehave = lambda _method, _params: None
            getattr(lab.cloud, method.removeprefix("one.").replace(".", "_"))(*params)

    lab.cloud.misbehave = faster
    assert "allocate" not in actions(lab.run(case, case.minimal))[0]
    assert len(lab.listed(case, names=["a1"])) == 1


@EACH_KIND
def test_one_failure_does_not_stop_the_others(lab: Lab, case: Case) -> None:
    def refuse(method: str, params: tuple[Any, ...]) -> None:
        if method.endswith(".allocate") and "b1" in str(params[0]):
            raise Refused("Cannot do it", 8192)

    lab.cloud.misbehave = refuse
    result = lab.run(case, case.minimal, {**case.minimal, "name": "b1"}, {**case.minimal, "name": "c1"})
    assert [entry["failed"] for entry in result["results"]] == [False, True, False]
    assert (
        result["results"][1]["msg"]
        == f"{case.resources.method_prefix}.allocate: Cannot do it (code 8192); not done: allocate"
    )


@EACH_KIND
def test_a_replaced_template_loses_what_is_not_named_and_keeps_what_oned_needs(lab: Lab, case: Case) -> None:
    if "template" not in case.full:
        return
    lab.run(case, {**case.full, "template": {**case.full["template"], "extra": "1", "OLD": {"x": 1}}})
    declared = {**case.minimal, "template": {**case.full["template"], "NEWER": "2"}}
    done = lab.run(case, declared, template_mode="replace")
    assert actions(done) == [["update"]]
    assert {"EXTRA", "OLD"} & set(done["diff"]["before"]["a1"]["template"]) == {"EXTRA", "OLD"}
    assert not {"EXTRA", "OLD"} & set(done["diff"]["after"]["a1"]["template"])
    (existing,) = lab.listed(case, names=["a1"])
    assert existing["template"]["NEWER"] == "2"
    assert "EXTRA" not in existing["template"]
    assert lab.run(case, declared, template_mode="replace")["changed"] is False
    assert lab.run(case, case.minimal, template_mode="replace")["changed"] is False
    assert lab.run(case, {**case.full, "template": case.full["template"]})["changed"] is False


@RENAMED
def test_renaming(lab: Lab, case: Case) -> None:
    lab.run(case, case.minimal)
    declared = {**case.minimal, "new_name": "z9"}
    assert actions(lab.run(case, declared)) == [["rename"]]
    assert lab.run(case, declared)["changed"] is False
    lab.run(case, case.minimal)
    result = lab.run(case, declared)["results"][0]
    assert result["msg"].startswith(f"it cannot be renamed to z9: there is such a {case.resources.kind_name} already (")
    lab.run(case, {}, {"name": "z9"}, state="absent")
    assert actions(lab.run(case, declared)) == [["allocate"]]
    assert len(lab.listed(case, names=["z9"])) == 1


NAMES = [
    ("", "it is empty"),
    ("   ", "it is empty"),
    ("x" * 129, "it has 129 characters, OpenNebula takes up to 128"),
    ("a<b", "it holds '<'"),
    ('a"b', "it holds '\"'"),
    ("a'b", 'it holds "\'"'),
    ("a\nb", r"it holds '\n'"),
    ("a\tb", r"it holds '\t'"),
    ("a\x07b", r"it holds '\x07'"),
    ("a;b", "it holds ';'"),
    ("a&b", "it holds '&'"),
    ("a/b", "it holds '/'"),
    ("a\\b", r"it holds '\\'"),
    ("a$b", "it holds '$'"),
    ("a:b", "it holds ':'"),
    ("a#b", "it holds '#'"),
]
TEMPLATES = [
    ({"a b": 1}, "attribute names are letters, digits and _"),
    ({"": 1}, "attribute names are letters, digits and _"),
    ({"1a": 1}, "do not begin with a digit"),
    ({"xml_x": 1}, "oned stores names that begin with XML as"),
    ({"a": None}, "A: None is neither text nor a number"),
    ({"a": []}, "A: an empty list cannot be stored"),
    ({"a": {}}, "A: a vector needs at least one value"),
    ({"a": {"b": {"c": 1}}}, "A.B: oned's vectors hold plain values"),
    ({"a": "x]]>y"}, "A: oned refuses the characters ]]>"),
    ({"a": "\x00"}, "A: control characters cannot be stored"),
    ({"a": "a b\\"}, "A: a value with blanks"),
    ({"a": 1, "A": 2}, "A is given twice"),
    ({"name": "x"}, "NAME cannot be set here: use name"),
]


def wrong() -> list[Any]:
    rows = []
    for kind, case in CASES.items():
        for name, reason in NAMES:
            rows.append(pytest.param(case, {"name": name}, {}, reason, id=f"{kind}-name-{name[:5]!r}"))
        if "template" in case.full:
            for template, reason in TEMPLATES:
                rows.append(pytest.param(case, {"template": template}, {}, reason, id=f"{kind}-template-{template}"))
        for item, reason in case.bad:
            rows.append(pytest.param(case, item, {}, reason, id=f"{kind}-{item}"))
        if case.resources.can_rename:
            rows.append(pytest.param(case, {"new_name": "a<"}, {}, "it holds '<'", id=f"{kind}-new_name"))
            row = ({"new_name": "b"}, {"state": "absent"}, "new_name does not go with state absent")
            rows.append(pytest.param(case, *row, id=f"{kind}-new_name-absent"))
    return rows


@pytest.mark.parametrize(("case", "item", "params", "reason"), wrong())
def test_mistakes_are_one_sentence_and_change_nothing(
    lab: Lab, case: Case, item: Item, params: dict[str, Any], reason: str
) -> None:
    with pytest.raises((OnedError, TemplateError)) as caught:
        lab.run(case, {**case.minimal, **item}, {**case.minimal, "name": "fine"}, **params)
    message = str(caught.value)
    assert reason in message
    assert "\n" not in message
    assert lab.cloud.writes == []


@EACH_KIND
def test_an_object_is_listed_once(lab: Lab, case: Case) -> None:
    with pytest.raises(OnedError, match=r"listed more than once \(case is ignored\): a1, A1"):
        lab.run(case, case.minimal, {**case.minimal, "name": "A1"})
    assert lab.cloud.requests == 0


@EACH_KIND
def test_nothing_declared_asks_nothing(lab: Lab, case: Case) -> None:
    assert lab.run(case)["changed"] is False
    assert lab.cloud.requests == 0


def refuse_everything(error: Exception) -> Callable[..., None]:
    def fault(_method: str, _params: tuple[Any, ...]) -> None:
        raise error

    return fault


@EACH_KIND
def test_what_concerns_all_is_one_error(lab: Lab, case: Case) -> None:
    lab.cloud.misbehave = refuse_everything(Refused("User [2] : Not authorized", 512))
    with pytest.raises(OnedError, match="Not authorized"):
        lab.run(case, case.minimal)


def test_secrets_are_in_no_diff_and_no_list(lab: Lab) -> None:
    case = CASES["cluster"]
    secret = {"template": {"API_TOKEN": "s3cr3t", "CONTEXT": {"PASSWORD": "s3cr3t", "A": "b"}}}
    result = lab.run(case, secret)
    assert "s3cr3t" not in str(result)
    assert result["diff"]["after"]["a1"]["template"]["CONTEXT"]["A"] == "b"
    (listed,) = lab.listed(case, names=["a1"])
    assert listed["template"]["CONTEXT"] == {"A": "b"}
    assert "s3cr3t" not in str([listed, lab.run(case, {}, state="absent")])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["default", "edge"]),
        ({"names": ["~^D"]}, ["default"]),
        ({"names": ["~e$"]}, ["edge"]),
        ({"names": ["EDGE", "nobody"]}, ["edge"]),
        ({"ids": [0, 77]}, ["default"]),
        ({"ids": [1], "names": ["~default"]}, ["default", "edge"]),
        ({"names": []}, []),
    ],
)
def test_choosing(lab: Lab, params: dict[str, Any], found: list[str]) -> None:
    assert [existing["name"] for existing in lab.listed(CASES["cluster"], **params)] == found


def test_a_bad_regular_expression_is_reported(lab: Lab) -> None:
    with pytest.raises(OnedError, match=r"names: '~\(' is not a regular expression"):
        lab.listed(CASES["cluster"], names=["~("])


def test_a_cluster_that_holds_something_stays(lab: Lab) -> None:
    lab.run(CASES["cluster"], {"hosts": ["h1"]})
    result = lab.run(CASES["cluster"], {}, {"name": "default"}, state="absent")["results"]
    assert [entry["msg"] for entry in result] == [
        "it still holds 1 hosts: take them out first",
        "OpenNebula does not remove its system clusters (IDs below 100)",
    ]
    assert lab.cloud.writes == []


def test_hosts_cannot_leave_the_default_cluster_for_nowhere(lab: Lab) -> None:
    result = lab.run(CASES["cluster"], {"name": "default", "hosts": ["h1"]})["results"][0]
    assert result["msg"] == "hosts leave the default cluster by joining another one: list h2 there, or here too"
    assert lab.cloud.writes == []


def test_a_datastore_keeps_its_type_and_its_images(lab: Lab) -> None:
    case = CASES["datastore"]
    lab.run(case, case.full)
    message = lab.run(case, {"type": "system"})["results"][0]["msg"]
    assert message.startswith(
        "it is of type image, and the desired type is system: what it holds would be lost, so remove it"
    )
    lab.cloud.named("datastore", "a1").more["images"] = [4, 5]
    message = lab.run(case, {}, state="absent")["results"][0]["msg"]
    assert message == "it still holds 2 images: remove them first"


def test_a_system_datastore_needs_no_datastore_driver(lab: Lab) -> None:
    assert actions(lab.run(CASES["datastore"], {"type": "system", "tm_mad": "ssh"})) == [["allocate"]]
    (listed,) = lab.listed(CASES["datastore"], names=["a1"])
    assert (listed["type"], listed["total_mb"], listed["clusters"]) == ("system", 100, [0])


def test_ones_own_network_goes_before_another_of_that_name(lab: Lab) -> None:
    lab.cloud.put("vn", "a1", {"VN_MAD": "x"}, owner="alice", state=1)
    assert lab.run(CASES["vnet"], {"vn_mad": "x"})["changed"] is False
    own = lab.cloud.put("vn", "a1", {"VN_MAD": "y"}, state=1)
    assert lab.run(CASES["vnet"], {"vn_mad": "y"})["results"][0]["id"] == own.id
    lab.cloud.put("vn", "b1", {"VN_MAD": "x"}, owner="alice", state=1)
    lab.cloud.put("vn", "b1", {"VN_MAD": "x"}, owner="bob", state=1)
    result = lab.run(CASES["vnet"], {"name": "b1", "vn_mad": "y"})["results"][0]
    assert result["msg"].startswith("several virtual networks are called like this: b1 (")


def test_ranges_in_use_and_reservations_are_left_alone(lab: Lab) -> None:
    case = CASES["vnet"]
    lab.run(case, case.full)
    net = lab.cloud.named("vn", "a1")
    net.more["ranges"][0]["ALLOCATED"] = " 0 274877906945"
    net.more["leases"] = 1
    message = lab.run(case, {"ranges": []})["results"][0]["msg"]
    assert message == "range 0 (10.0.0.1) is not listed but has addresses in use: release them first"
    message = lab.run(case, {}, state="absent")["results"][0]["msg"]
    assert message == "1 of its addresses are in use by virtual machines or reservations"
    net.more["ranges"][0] = {"TYPE": "IP4", "IP": "10.9.0.1", "SIZE": "2", "AR_ID": "0", "PARENT_NETWORK_AR_ID": "3"}
    assert actions(lab.run(case, {"ranges": []})) == [["remove_range"]]
    assert list(net.more["ranges"]) == [0]
    assert lab.run(case, {"ranges": []})["changed"] is False


RANGE = {"type": "IP4", "ip": "10.0.0.1", "size": 9}


def network(lab: Lab, *ranges: Item) -> Any:
    """A network with these ranges, once oned has created it."""
    lab.run(CASES["vnet"], {"vn_mad": "bridge", "ranges": list(ranges)})
    return lab.cloud.named("vn", "a1")


def writes(lab: Lab) -> list[str]:
    return [method for method, _params in lab.cloud.writes]


def test_a_range_is_removed_once_its_successor_is_there(lab: Lab) -> None:
    net = network(lab, RANGE)
    assert actions(lab.run(CASES["vnet"], {"ranges": [{**RANGE, "ip": "10.0.0.9"}]})) == [["add_range", "remove_range"]]
    assert writes(lab) == ["one.vn.add_ar", "one.vn.rm_ar"]
    lab.cloud.misbehave = lambda method, _params: refuse() if method == "one.vn.add_ar" else None
    result = lab.run(CASES["vnet"], {"ranges": [{**RANGE, "ip": "10.0.0.30"}]})["results"][0]
    assert result["msg"] == "one.vn.add_ar: no (code 8192); not done: add_range, remove_range"
    assert [entry["IP"] for entry in net.more["ranges"].values()] == ["10.0.0.9"]


def test_a_range_makes_room_before_another_is_added(lab: Lab) -> None:
    net = network(lab, RANGE)
    lab.cloud.misbehave = lambda method, _params: refuse() if method == "one.vn.update_ar" else None
    lab.run(CASES["vnet"], {"ranges": [{**RANGE, "size": 4}, {**RANGE, "ip": "10.0.0.5", "size": 5}]})
    assert [entry["SIZE"] for entry in net.more["ranges"].values()] == ["9"]


def refuse() -> None:
    raise Refused("no", 8192)


@pytest.mark.parametrize("kind", ["cluster", "datastore", "vnet", "user", "group"])
def test_no_membership_ends_before_the_new_one_is_accepted(lab: Lab, kind: str) -> None:
    before: dict[str, Item] = {
        "cluster": {"vnets": ["net"]},
        "datastore": {"clusters": ["default"]},
        "vnet": {"clusters": ["default"]},
        "user": {"groups": ["users", "devs"]},
        "group": {"admins": ["alice"]},
    }
    after: dict[str, Item] = {
        "cluster": {"vnets": ["other"]},
        "datastore": {"clusters": ["edge"]},
        "vnet": {"clusters": ["edge"]},
        "user": {"groups": ["users", "oneadmin"]},
        "group": {"admins": ["bob"]},
    }
    for name in ("net", "other"):
        lab.cloud.put("vn", name, {"VN_MAD": "x"}, state=1)
    lab.cloud.put("user", "bob", groups=[1])
    case = CASES[kind]
    lab.run(case, {**case.minimal, **before[kind]})

    def refuse_to_add(method: str, _params: tuple[Any, ...]) -> None:
        if ".add" in method or ".chgrp" in method:
            refuse()

    obedient = lab.cloud.misbehave
    lab.cloud.misbehave = refuse_to_add
    result = lab.run(case, {**case.minimal, **after[kind]})["results"][0]
    assert result["failed"], result
    assert [method for method in writes(lab) if ".del" in method] == []
    lab.cloud.misbehave = obedient
    assert actions(lab.run(case, {**case.minimal, **after[kind]}))[0] != []
    assert lab.run(case, {**case.minimal, **after[kind]})["changed"] is False


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        (["users"], ["devs"], ["chgrp"]),
        (["users"], ["devs", "users"], ["addgroup", "chgrp"]),
        (["users", "devs"], ["devs", "users"], ["chgrp"]),
        (["users", "devs"], ["devs"], ["chgrp", "delgroup"]),
        (["users", "devs"], ["oneadmin", "devs"], ["chgrp"]),
        (["users", "devs"], ["oneadmin", "users"], ["addgroup", "chgrp", "delgroup"]),
    ],
)
def test_a_user_joins_groups_before_leaving_others(
    lab: Lab, before: list[str], after: list[str], calls: list[str]
) -> None:
    case = CASES["user"]
    lab.run(case, {**case.minimal, "groups": before})
    assert actions(lab.run(case, {**case.minimal, "groups": after})) == [["groups"]]
    assert writes(lab) == [f"one.user.{call}" for call in calls]
    assert lab.run(case, {**case.minimal, "groups": after})["changed"] is False


def test_a_range_that_is_used_meanwhile_is_told(lab: Lab) -> None:
    net = network(lab, RANGE)
    lab.cloud.lose = lambda method, _params: (
        net.more["ranges"][0].update(ALLOCATED=" 0 7") if "add_ar" in method else None
    )
    result = lab.run(CASES["vnet"], {"ranges": [{**RANGE, "ip": "10.0.0.30"}]})["results"][0]
    assert result["msg"] == (
        "range 0 (10.0.0.1) is not listed but has addresses in use: release them first; done: add_range; "
        "not done: remove_range"
    )


def test_a_prefix_is_changed_in_place_while_addresses_are_in_use(lab: Lab) -> None:
    static = {"type": "IP6_STATIC", "ip6": "2001:db8::10", "prefix_length": 64}
    net = network(lab, static, {"type": "IP6", "size": 4, "global_prefix": "2001:db8::"})
    for entry in net.more["ranges"].values():
        entry["ALLOCATED"] = " 3 274877906945"
    assert (
        lab.run(CASES["vnet"], {"ranges": [{**static, "ip6": "2001:0DB8:0::10"}, {"type": "ip6", "size": "4"}]})[
            "changed"
        ]
        is False
    )
    new = [{**static, "prefix_length": "48"}, {"type": "IP6", "size": 4, "global_prefix": "2001:db8:7::"}]
    assert actions(lab.run(CASES["vnet"], {"ranges": new})) == [["update_range"]]
    first, second = net.more["ranges"].values()
    assert (first["PREFIX_LENGTH"], first["SIZE"], second["GLOBAL_PREFIX"]) == ("48", "1024", "2001:db8:7::")
    assert lab.run(CASES["vnet"], {"ranges": new})["changed"] is False


def test_a_range_does_not_shrink_below_an_address_in_use(lab: Lab) -> None:
    net = network(lab, RANGE)
    net.more["ranges"][0]["ALLOCATED"] = " 1 274877906945 4 4294967295"
    result = lab.run(CASES["vnet"], {"ranges": [{**RANGE, "size": 4}, {**RANGE, "ip": "10.0.0.5"}]})["results"][0]
    assert (result["msg"], result["changed"]) == (
        "range 0 (10.0.0.1) cannot have size 4: address 5 of it is in use",
        False,
    )
    assert lab.cloud.writes == []
    assert actions(lab.run(CASES["vnet"], {"ranges": [{**RANGE, "size": 5}]})) == [["update_range"]]


def test_a_reservation_stays_and_gets_no_range_twice(lab: Lab) -> None:
    case = CASES["vnet"]
    net = network(lab, RANGE)
    net.more["parent"] = "7"
    net.more["ranges"][0] |= {"PARENT_NETWORK_AR_ID": "0", "NOTE": "x"}
    for fine in ([RANGE], [], [{**RANGE, "note": "x"}]):
        assert actions(lab.run(case, {"ranges": fine})) == [[]]
    for other, message in (
        ({**RANGE, "size": 4}, "range 0 (10.0.0.1) is reserved from virtual network 7 and stays as it is, without the"),
        (
            {**RANGE, "ip": "10.0.0.2"},
            "it is a reservation of virtual network 7, from which its",
        ),
        ({"type": "ETHER", "size": 2}, "it is a reservation of virtual network 7"),
    ):
        result = lab.run(case, {"ranges": [other]})["results"][0]
        assert result["msg"].startswith(message)
        assert lab.cloud.writes == []
    # Which a former version of the collection has added to it.
    net.more["ranges"][1] = {**net.more["ranges"][0], "AR_ID": "1"}
    del net.more["ranges"][1]["PARENT_NETWORK_AR_ID"]
    assert actions(lab.run(case, {"ranges": [RANGE]})) == [["remove_range"]]
    assert list(net.more["ranges"]) == [0]


def test_a_network_that_oned_could_not_set_up_is_told(lab: Lab) -> None:
    net = network(lab, RANGE)
    net.more["state"] = 5
    net.template["ERROR"] = "Wrong or empty IP attribute"
    for item in ({}, {"ranges": [RANGE]}, {"bridge": "br7"}):
        result = lab.run(CASES["vnet"], item)["results"][0]
        assert result["msg"] == "it is in ERROR: Wrong or empty IP attribute; remove it (state absent) and add it again"
    assert actions(lab.run(CASES["vnet"], {}, state="absent")) == [["delete"]]


def test_a_range_keeps_its_other_attributes_when_its_size_changes(lab: Lab) -> None:
    case = CASES["vnet"]
    lab.run(case, case.full)
    lab.run(case, {"ranges": [{"type": "ip4", "ip": "10.0.0.1", "size": 20}, {"type": "ETHER", "size": 3}]})
    entry = lab.cloud.named("vn", "a1").more["ranges"][0]
    assert (entry["SIZE"], entry["NOTE"], entry["TYPE"]) == ("20", "n", "IP4")


def test_waiting_for_a_network_has_an_end(lab: Lab) -> None:
    lab.cloud.misbehave = lambda method, _params: (
        lab.cloud.objects["vn"] and lab.cloud.named("vn", "a1").more.update(state=0) if "vnpool" in method else None
    )
    result = lab.run(CASES["vnet"], {"vn_mad": "bridge"})["results"][0]
    assert (result["msg"], result["state"]) == ("it is still INIT after 60 s", "INIT")


def test_a_password_may_be_set_once_only(lab: Lab) -> None:
    once = {"update_password": "on_create"}
    assert actions(lab.run(CASES["user"], {"password": "s3cr3t", **once})) == [["allocate"]]
    assert lab.run(CASES["user"], {"password": "changed", **once})["changed"] is False


def test_no_password_and_no_digest_is_shown(lab: Lab) -> None:
    case = CASES["user"]
    shown = [lab.run(case, {"password": password}) for password in ("s3cr3t", "n3w")]
    shown += [lab.listed(case), lab.run(case, {}, state="absent")]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in ("s3cr3t", "n3w")]
    assert [hidden for hidden in ("s3cr3t", "n3w", "t0ken", *digests) if hidden in str(shown)] == []


@pytest.mark.parametrize("password", [None, "", "CN=one,O=Example Ltd"])
def test_a_directory_needs_no_password(lab: Lab, password: str | None) -> None:
    declared = {"auth_driver": "ldap", "password": password}
    assert actions(lab.run(CASES["user"], declared)) == [["allocate"]]
    assert actions(lab.run(CASES["user"], declared)) == [[]]
    assert actions(lab.run(CASES["user"], {"password": password})) == [[]]


def test_oned_decides_whether_another_driver_needs_a_password(lab: Lab) -> None:
    (entry,) = lab.run(CASES["user"], {"auth_driver": "x509", "password": None})["results"]
    assert entry["failed"] and "Invalid password" in entry["msg"]


def test_a_user_of_core_who_gets_a_password_that_oned_refuses(lab: Lab) -> None:
    assert actions(lab.run(CASES["user"], {"password": "s3cr3t"})) == [["allocate"]]
    with pytest.raises(SetupError, match="no empty password and none with blanks"):
        lab.run(CASES["user"], {"password": "a b"})


def test_users_and_groups_that_opennebula_needs_stay(lab: Lab) -> None:
    lab.cloud.put("user", "serveradmin", id=1, groups=[0])
    result = lab.run(CASES["user"], {"name": "serveradmin"}, state="absent")["results"][0]
    assert result["msg"] == "OpenNebula itself works with this user"
    result = lab.run(CASES["group"], {"name": "users"}, state="absent")["results"][0]
    assert result["msg"] == "OpenNebula does not remove its system groups (IDs below 100)"
    lab.cloud.put("group", "full", id=100)
    lab.cloud.named("user", "alice").more["groups"].append(100)
    result = lab.run(CASES["group"], {"name": "full"}, state="absent")["results"][0]
    assert result["msg"] == "1 users belong to it: take them out first"
    lab.cloud.put("zone", "OpenNebula", id=0)
    result = lab.run(CASES["zone"], {"name": "OpenNebula"}, state="absent")["results"][0]
    assert result["msg"] == "OpenNebula does not remove its own zone"
    assert lab.cloud.writes == []


def test_an_administrator_joins_the_group_first(lab: Lab) -> None:
    made = lab.run(CASES["group"], {"admins": ["alice"]})
    assert actions(made) == [["allocate", "admins"]]
    assert [method for method, _params in lab.cloud.writes] == [
        "one.group.allocate",
        "one.user.addgroup",
        "one.group.addadmin",
    ]
    lab.run(CASES["group"], {"admins": []})
    assert lab.cloud.named("group", "a1").id in lab.cloud.named("user", "alice").more["groups"]
    assert actions(lab.run(CASES["group"], {"admins": ["alice"]})) == [["admins"]]
    assert [method for method, _params in lab.cloud.writes] == ["one.group.addadmin"]


def test_a_hook_keeps_its_type(lab: Lab) -> None:
    lab.run(CASES["hook"], CASES["hook"].full)
    message = lab.run(CASES["hook"], {"type": "state"})["results"][0]["msg"]
    assert message.startswith(
        "it is of type api, and the desired type is state: OpenNebula cannot change the type of a hook"
    )


def test_an_image_is_not_moved_and_not_removed_while_in_use(lab: Lab) -> None:
    case = CASES["image"]
    lab.run(case, case.full)
    message = lab.run(case, {"datastore": "others"})["results"][0]["msg"]
    assert message.startswith(
        "it is in datastore images, and the desired one is others: OpenNebula does not move images"
    )
    lab.cloud.named("image", "a1").more["vms"] = [4, 9]
    message = lab.run(case, {}, state="absent")["results"][0]["msg"]
    assert message == "2 virtual machines use it: 4, 9"


def test_a_broken_image_is_reported_in_this_run_and_in_check_mode_of_the_next(lab: Lab) -> None:
    case = CASES["image"]
    broken = {"datastore": "images", "path": "/broken"}
    problem = "it is in ERROR: no such file; remove it (state absent) and add it again"
    result = lab.run(case, broken)["results"][0]
    assert (result["changed"], result["state"], result["msg"]) == (True, "ERROR", problem)
    assert lab.run(case, broken, check_mode=True)["results"][0]["msg"] == problem
    assert actions(lab.run(case, {}, state="absent")) == [["delete"]]


def test_not_waiting_for_an_image(lab: Lab) -> None:
    result = lab.run(CASES["image"], CASES["image"].full, wait=False)["results"][0]
    assert (result["state"], lab.clock.now) == ("LOCKED", 0)


def test_a_marketplace_with_apps_stays(lab: Lab) -> None:
    lab.cloud.put("market", "a1", {"MARKET_MAD": "http"}, apps=[3])
    result = lab.run(CASES["marketplace"], {}, state="absent")["results"][0]
    assert result["msg"] == "it still holds 1 apps: remove them first"


def test_a_host_moves_between_two_declared_clusters(lab: Lab) -> None:
    case = CASES["cluster"]
    lab.run(case, {"hosts": ["h1"]}, {"name": "b1"})
    swapped = [{"hosts": []}, {"name": "b1", "hosts": ["h1"]}]
    assert actions(lab.run(case, *swapped)) == [[], ["hosts"]]
    assert lab.cloud.hosts[0].cluster == lab.cloud.named("cluster", "b1").id
    assert lab.run(case, *swapped)["changed"] is False
    with pytest.raises(OnedError, match="clusters a1 and b1 cannot both have h1: a host is in one cluster"):
        lab.run(case, {"hosts": ["0"]}, {"name": "b1", "hosts": ["h1"]})
