# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong, every module says so in one sentence and changes nothing.

Each row is run through the modules as Ansible runs them. What one resource kind alone has is in test_resources.py,
test_acl.py and test_host_plan.py.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import api_server
import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from certificates import certificate, serving
from cloud_model import Cloud
from http_server import Answer, serve
from kube_cases import kubeconfig, status
from module_cases import CASES, INFO, Item, Result, cloud, runner
from oned_model import Clock

EVERY = [*CASES, *INFO]
TEMPLATED = [name for name, case in CASES.items() if case.free]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Item], Result]:
    """Modules whose patience costs no time."""
    clock = Clock()
    monkeypatch.setattr(options, "Client", partial(Client, clock=clock, sleep=clock.sleep))
    return runner(capsys, monkeypatch)


class ServedCloud:
    def __init__(self, made: Cloud, url: str) -> None:
        self.cloud, self.url = made, url

    def options(self, name: str, **options: Any) -> Item:
        wanted = {} if name in INFO else {CASES[name].option: CASES[name].items()}
        return {"api_url": f"{self.url}/RPC2", "api_password": "secret", **wanted, **options}


@pytest.fixture(scope="module")
def served() -> Iterator[ServedCloud]:
    site = ServedCloud(cloud(), "")
    with serve(lambda _path, _headers, body: (200, "text/xml", site.cloud.answer(body))) as server:
        site.url = server.url
        yield site


@pytest.fixture
def site(served: ServedCloud) -> ServedCloud:
    served.cloud = cloud()
    return served


def judge(result: Result, reason: str) -> None:
    message = result["msg"]
    assert reason in message
    assert result["failed"] and not result.get("changed", False)
    assert "exception" not in result
    # Which type an argument should have Ansible says in its own way.
    own = () if "and we were unable to convert" in message else ("<class ",)
    for mess in ("\n", "Traceback", "object at 0x", *own):
        assert mess not in message
    assert 10 < len(message) < 600


OPTIONS: list[tuple[Item, str]] = [
    ({"api_url": "one.example.org:2633"}, "is not an address such as http://one.example.org:2633/RPC2"),
    ({"api_url": "ftp://one/RPC2"}, "is not an address such as"),
    ({"api_url": "http://"}, "is not an address such as"),
    ({"api_url": "http://one:port/RPC2"}, "is not an address such as"),
    ({"api_url": "http://one:99999/RPC2"}, "is not an address such as"),
    ({"api_url": "http://[::1/RPC2"}, "is not an address such as"),
    ({"api_url": "http://o ne/RPC2"}, "is not an address such as"),
    ({"api_url": "http://one/RPC2\nx"}, "is not an address such as"),
    ({"api_url": "http://ön\U0001f600e/RPC2"}, "is not an address such as"),
    ({"api_url": "http://a:b@one/RPC2"}, "api_url holds a user or a password"),
    ({"api_url": "http://one.invalid:2633/RPC2"}, "the name one.invalid in api_url does not resolve"),
    ({"api_url": "http://127.0.0.1:1/RPC2"}, "refuses connections: is oned running?"),
    ({"api_url": "https://one/RPC2", "ca_cert": "/nowhere.pem"}, "ca_cert /nowhere.pem cannot be read"),
    ({"api_password": "an0ther"}, "either the password is wrong or, if it is a token, expired, or oned's database"),
    ({"api_password": "secret "}, "oned refuses user oneadmin"),
    ({"api_password": ""}, "api_password is empty or holds characters that oned does not take"),
    ({"api_password": "a\nb"}, "api_password is empty or holds characters that oned does not take"),
    ({"api_password": "\U0001f600"}, "api_password is empty or holds characters"),
    ({"api_username": "nobody"}, "oned refuses user nobody"),
    ({"api_username": ""}, "api_username is empty"),
    ({"api_username": "\x00"}, "api_username is empty or holds characters"),
    ({"timeout": 0}, "timeout must be more than 0 and at most 3600 seconds"),
    ({"timeout": -1}, "timeout must be more than 0"),
    ({"timeout": "nan"}, "timeout must be more than 0"),
    ({"timeout": "inf"}, "timeout must be more than 0"),
    ({"timeout": "soon"}, "argument 'timeout'"),
    ({"validate_certs": "maybe"}, "argument 'validate_certs'"),
    ({"kubeconfig": "/nowhere/config", "api_url": None}, "there is no kubeconfig at /nowhere/config"),
    ({"unknown": 1}, "Unsupported parameters for"),
]


def with_every(names: list[str], rows: list[tuple[Any, str]]) -> Any:
    return pytest.mark.parametrize(
        ("name", "wrong", "reason"),
        [pytest.param(name, wrong, reason, id=f"{name}-{wrong!r:.60}") for name in names for wrong, reason in rows],
    )


@with_every(EVERY, OPTIONS)
def test_options_of_the_connection(site: ServedCloud, run: Any, name: str, wrong: Item, reason: str) -> None:
    judge(run(name, site.options(name, **wrong)), reason)
    assert site.cloud.writes == []


def xmlrpc(value: str) -> bytes:
    head = '<?xml version="1.0"?><methodResponse><params><param><value>'
    return f"{head}{value}</value></param></params></methodResponse>".encode()


def ok(document: str) -> str:
    return f"<array><data><value><boolean>1</boolean></value><value><string>{document}</string></value></data></array>"


WHOLE = xmlrpc(ok("&lt;X_POOL&gt;&lt;/X_POOL&gt;"))
ANSWERS: list[tuple[Any, str]] = [
    ((200, "text/html", b"<!doctype html>\n<html><body>Log in</body></html>"), "answers with HTML instead of XML-RPC"),
    ((200, "application/json", b'{"a": 1}'), "answers with something else instead of XML-RPC"),
    ((200, "text/xml", b""), "is cut off"),
    ((200, "text/xml", WHOLE[: len(WHOLE) // 2]), "is cut off or not XML-RPC"),
    ((200, "text/xml", WHOLE[:30]), "instead of XML-RPC"),
    ((200, "text/xml", b"<?xml version='1.0'?><methodResponse>\x01"), "is cut off or not XML-RPC"),
    ((301, "text/html", b""), "answers HTTP 301: is this oned's XML-RPC address"),
    ((401, "text/html", b"<html>401</html>"), "answers HTTP 401: is this oned's XML-RPC address"),
    ((403, "text/html", b"<html>403</html>"), "answers HTTP 403"),
    ((404, "text/html", b"<HTML><HEAD><TITLE>Error 404</TITLE></HEAD></HTML>"), "answers HTTP 404"),
    ((405, "text/plain", b""), "answers HTTP 405"),
    ((500, "text/html", b"<html>\n</html>"), "answers HTTP 500: something in between got no answer from oned"),
    ((502, "text/html", b"<html>\n</html>"), "answers HTTP 502"),
    ((503, "text/html", b""), "answers HTTP 503"),
    (None, "closed the connection without an answer"),
    ((200, "text/xml", xmlrpc("<string>hello</string>")), "answer"),
    # Those that read several pools at once expect several answers.
    ((200, "text/xml", xmlrpc(ok("no document at all"))), "answer"),
    ((200, "text/xml", xmlrpc(ok("&lt;X_POOL&gt;&lt;ID&gt;"))), "answer"),
]


@with_every(EVERY, ANSWERS)
def test_what_answers_in_place_of_oned(run: Any, name: str, wrong: Answer | None, reason: str) -> None:
    with serve(lambda *_: wrong) as elsewhere:
        judge(run(name, ServedCloud(cloud(), elsewhere.url).options(name)), reason)


@pytest.mark.parametrize("name", EVERY)
def test_a_pool_with_a_number_that_is_none(run: Any, name: str) -> None:
    made = cloud()

    def spoiled(_path: str, _headers: dict[str, str], body: bytes) -> Answer:
        return (200, "text/xml", made.answer(body).replace(b"&lt;ID&gt;", b"&lt;ID&gt;x"))

    made.add("h1")
    for kind in ("hook", "image", "market", "template", "vn"):
        made.put(kind, "there", {"VN_MAD": "dummy", "MARKET_MAD": "http"})
    made.put("acl", "", rule=("100000000", "1000000000", "1", "100000000"))
    with serve(spoiled) as elsewhere:
        judge(run(name, ServedCloud(made, elsewhere.url).options(name)), "where a number should be")
    assert made.writes == []


TLS: list[tuple[Any, str]] = [
    ({}, "is not trusted (self-signed certificate): give the signing certificate as ca_cert"),
    ({"address": "127.0.0.2", "trusted": True}, "give in api_url an address that it bears"),
    ({"ends": timedelta(hours=-1), "trusted": True}, "it has to be renewed"),
    ({"plain": True}, "does not speak TLS"),
]


@with_every(EVERY, TLS)
def test_tls_that_does_not_fit(run: Any, tmp_path: Path, name: str, wrong: Item, reason: str) -> None:
    path = certificate(tmp_path / "oned.pem", **{key: wrong[key] for key in ("address", "ends") if key in wrong})
    context = None if wrong.get("plain") else serving(path)
    with serve(lambda *_: (200, "text/xml", WHOLE), context) as elsewhere:
        url = elsewhere.url.replace("http://", "https://") + "/RPC2"
        options = ServedCloud(cloud(), "").options(
            name, api_url=url, ca_cert=str(path) if wrong.get("trusted") else None
        )
        judge(run(name, options), reason)


API_SERVER: list[tuple[Any, str]] = [
    (status(401, "Unauthorized"), "does not accept the kubeconfig's credentials (401)"),
    (status(404, "services not found"), "there is no Service opennebula-oned in namespace opennebula"),
    (status(503, "no endpoints available for service"), "no pod answers behind Service opennebula-oned"),
    (status(500, "error trying to reach service: EOF"), "gave no answer (HTTP 500"),
    (lambda *_: (200, "text/html", b"<html>hi</html>"), "answers HTTP 200 with HTML instead of XML-RPC"),
    (None, "the API server http://127.0.0.1:1 cannot be reached"),
]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(("behaviour", "reason"), API_SERVER, ids=[reason for _behaviour, reason in API_SERVER])
def test_the_api_server_in_between(run: Any, tmp_path: Path, name: str, behaviour: Any, reason: str) -> None:
    """The first of them is what an expired token gives."""
    with ExitStack() as stack:
        url = "http://127.0.0.1:1" if behaviour is None else stack.enter_context(serve(behaviour)).url
        config = kubeconfig(tmp_path, url)
        judge(run(name, ServedCloud(cloud(), "").options(name, api_url=None, kubeconfig=config)), reason)


@pytest.mark.parametrize("name", EVERY)
def test_an_api_server_that_grants_nothing(run: Any, tmp_path: Path, name: str) -> None:
    with api_server.serve(api_server.ApiServer(lambda _body: None, listing=403)) as server:
        config = kubeconfig(tmp_path, server.url)
        result = run(name, ServedCloud(cloud(), "").options(name, api_url=None, kubeconfig=config, namespace="one"))
    judge(result, "the kubeconfig's user may reach oned neither through the service proxy nor by port-forward")


def test_a_kubeconfig_that_is_none(run: Any, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("{")
    options = ServedCloud(cloud(), "").options("one_host_info", api_url=None, kubeconfig=str(tmp_path / "config"))
    judge(run("one_host_info", options), "cannot be used")


LISTS: list[tuple[Any, str]] = [
    (None, "unable to convert to list"),
    (7, "must be a list, not 'int'"),
    ({"name": "a1"}, "unable to convert to list"),
    ([7], "must be a list, not 'int'"),
    ([None], "must be a list, not 'NoneType'"),
    ([["a1"]], "must be a list, not 'list'"),
]
ENTRIES: list[tuple[Any, str]] = [
    ({}, "missing required arguments: name"),
    ({"name": None}, "name"),
    ({"name": ["a"]}, "name"),
    ({"name": {"a": 1}}, "name"),
    ({"name": "a1", "nmae": "x"}, "Unsupported parameters"),
]
NAMES: list[tuple[str, str]] = [
    ("", "is not possible: it "),
    ("  ", "is not possible: it "),
    ("x" * 200, "is not possible: it has 200 characters"),
    ("a'b", "is not possible: it holds"),
    ('a"b', "is not possible: it holds"),
    ("a\nb", "is not possible: it holds"),
    ("a<b", "is not possible: it holds '<'"),
    ("a&amp;b", "is not possible: it holds '&'"),
    ("a\x00b", "is not possible: it holds"),
    ("a\x1b[31mb", "is not possible: it holds"),
    ("a\u202eb", "is not possible: it holds"),
    ("rocket\U0001f680", "is not possible: it holds '\U0001f680'"),
    ("a/../b", "is not possible: it holds '/'"),
    ("$(id)", "is not possible: it holds '$'"),
    ("a;b", "is not possible: it holds ';'"),
]
TEMPLATES: list[tuple[Any, str]] = [
    ("text", "argument"),
    (["a"], "argument"),
    ({"a b": 1}, "attribute names are letters, digits and _"),
    ({True: "RUNNING"}, 'YAML reads the names ON, YES, OFF and NO as booleans: quote them, as in "ON"'),
    ({"v": {False: "1"}}, "YAML reads the names ON, YES, OFF and NO as booleans"),
    ({"": 1}, "attribute names are letters, digits and _"),
    ({"1a": 1}, "do not begin with a digit"),
    ({"xml_x": 1}, "oned stores names that begin with XML as"),
    ({"a": None}, "A: None is neither text nor a number"),
    ({"a": []}, "A: an empty list cannot be stored"),
    ({"a": {}}, "A: a vector needs at least one value"),
    ({"a": {"b": {"c": 1}}}, "A.B: oned's vectors hold plain values"),
    ({"a": [[1]]}, "A: a value of type list is neither text nor a number"),
    ({"a": "x]]>y"}, "A: oned refuses the characters ]]>"),
    ({"a": "\x00"}, "A: control characters cannot be stored"),
    ({"a": "rocket \U0001f680"}, "nor emoji and the like: '\U0001f680'"),
    ({"a": "a b\\"}, "A: a value with blanks"),
    ({"a": 1, "A": 2}, "A is given twice"),
    ({"name": "x"}, "NAME cannot be set here: use name"),
]
STATES: list[tuple[Item, str]] = [
    ({"state": "nope"}, "value of state must be one of: present, absent"),
    ({"state": ["present"]}, "value of state must be one of"),
    ({"template_mode": "overwrite"}, "value of template_mode must be one of: merge, replace"),
]


def changed_nothing(site: ServedCloud, result: Result, reason: str) -> None:
    judge(result, reason)
    assert site.cloud.writes == []


@with_every(list(CASES), LISTS)
def test_lists(site: ServedCloud, run: Any, name: str, wrong: Any, reason: str) -> None:
    if name == "one_acl" and wrong is not None and not isinstance(wrong, dict):
        reason = "a rule is USER RESOURCES/WHICH RIGHTS"  # for Ansible makes a text of it
    changed_nothing(site, run(name, site.options(name, **{CASES[name].option: wrong})), reason)


@with_every([name for name in CASES if name != "one_acl"], ENTRIES)
def test_entries(site: ServedCloud, run: Any, name: str, wrong: Item, reason: str) -> None:
    (item,) = CASES[name].items()
    others = {key: value for key, value in item.items() if key != "name"}
    options = {CASES[name].option: [item, {**others, **wrong}]}
    changed_nothing(site, run(name, site.options(name, **options)), reason)


@with_every([name for name in CASES if name != "one_acl"], NAMES)
def test_names(site: ServedCloud, run: Any, name: str, wrong: str, reason: str) -> None:
    options = {CASES[name].option: [*CASES[name].items("fine"), *CASES[name].items(wrong)]}
    changed_nothing(site, run(name, site.options(name, **options)), reason)


@with_every(TEMPLATED, TEMPLATES)
def test_templates(site: ServedCloud, run: Any, name: str, wrong: Any, reason: str) -> None:
    options = {CASES[name].option: [*CASES[name].items("fine"), *CASES[name].items("a1", wrong)]}
    changed_nothing(site, run(name, site.options(name, **options)), reason)


@with_every(TEMPLATED, STATES)
def test_states(site: ServedCloud, run: Any, name: str, wrong: Item, reason: str) -> None:
    changed_nothing(site, run(name, site.options(name, **wrong)), reason)


PARTICULAR: list[tuple[str, Item, str]] = [
    ("one_cluster", {"hosts": ["999"]}, "cluster a1: there is no host '999'; there are none you may see"),
    ("one_cluster", {"datastores": ["nope"]}, "cluster a1: there is no datastore 'nope'; there are default (1)"),
    ("one_cluster", {"vnets": "nope"}, "cluster a1: there is no virtual network 'nope'"),
    ("one_datastore", {"clusters": ["999"]}, "datastore a1: there is no cluster '999'; there are default (0)"),
    ("one_datastore", {"clusters": ["\U0001f680"]}, "there is no cluster '\U0001f680'"),
    ("one_datastore", {"type": "tape"}, "value of type must be one of: image, system, file, backup"),
    ("one_datastore", {"ds_mad": None}, "datastore a1 is new: give tm_mad, and ds_mad unless its type is system"),
    ("one_datastore", {"ds_mad": "f\x00s"}, "DS_MAD: control characters cannot be stored"),
    ("one_group", {"admins": ["nobody"]}, "group a1: there is no user 'nobody'"),
    ("one_group", {"admins": ["99999999999999999999"]}, "there is no user '99999999999999999999'"),
    ("one_hook", {"type": "cron"}, "value of type must be one of"),
    ("one_hook", {"command": None}, "hook a1 is new: give type and command"),
    ("one_host", {"im_mad": None}, "host a1 is new: give type, or both im_mad and vmm_mad"),
    ("one_host", {"type": "kvm"}, "parameters are mutually exclusive: type|im_mad, type|vmm_mad found in hosts"),
    ("one_host", {"im_mad": "k\x01vm"}, "is no name of a driver"),
    ("one_host", {"vmm_mad": "k vm"}, "host a1: 'k vm' is no name of a driver"),
    ("one_host", {"cluster": "nope"}, "host a1: there is no cluster 'nope'; there are default (0)"),
    ("one_host", {"cluster": "99"}, "host a1: there is no cluster '99'"),
    ("one_host", {"cluster": "a'b\"<\n"}, "there is no cluster"),
    ("one_host", {"labels": ["a,b"]}, "host a1: labels: a label is neither empty nor holds a comma"),
    ("one_host", {"labels": [""]}, "labels: a label is neither empty nor holds a comma"),
    ("one_host", {"labels": ["\U0001f680"]}, "nor emoji and the like"),
    ("one_host", {"template": {"IM_MAD": "x"}}, "IM_MAD cannot be set here: use type, or im_mad and vmm_mad"),
    ("one_image", {"datastore": "nope"}, "image a1: there is no datastore 'nope'; there are default (1)"),
    ("one_image", {"datastore": "99"}, "image a1: there is no datastore '99'"),
    ("one_image", {"size": "big"}, "argument 'size'"),
    ("one_image", {"size": None}, "image a1 is new: give datastore, and path or size"),
    ("one_image", {"persistent": "perhaps"}, "argument 'persistent'"),
    ("one_marketplace", {"market_mad": None}, "marketplace a1 is new: give market_mad"),
    ("one_marketplace", {"enabled": "perhaps"}, "argument 'enabled'"),
    ("one_user", {"password": None}, "user a1 is new: give password"),
    ("one_user", {"password": "a b"}, "OpenNebula takes no empty password and none with blanks"),
    ("one_user", {"password": "x\x07y"}, "OpenNebula takes no empty password"),
    ("one_user", {"groups": ["nope"]}, "user a1: there is no group 'nope'; there are users (1), oneadmin (0)"),
    ("one_user", {"groups": []}, "user a1: groups: a user belongs to at least one group"),
    ("one_user", {"auth_driver": "l\ndap"}, "is no name of a driver"),
    ("one_vnet", {"vn_mad": None}, "virtual network a1 is new: give vn_mad"),
    ("one_vnet", {"ranges": [{"type": "IP4"}]}, "virtual network a1: ranges: a range needs type and size"),
    ("one_vnet", {"ranges": [{"type": "IP6", "ip": "::1", "size": 1}]}, "IP: oned drops it from a range of type IP6"),
    # Without quotes, YAML reads 52:54:00:12:34:56 as this.
    ("one_vnet", {"ranges": [{"type": "ETHER", "mac": 41135085296}]}, 'quote it, as in "52:54:00:12:34:56"'),
    ("one_template", {"template": {"NIC": [{"MAC": 777600000}]}}, "NIC.MAC: YAML reads a MAC address without quotes"),
    ("one_vnet", {"ranges": [7]}, "option 'ranges' found in 'vnets' is of type int"),
    ("one_vnet", {"clusters": ["nope"]}, "virtual network a1: there is no cluster 'nope'"),
    ("one_zone", {"endpoint": ""}, "zone a1 is new: give endpoint"),
    ("one_zone", {"endpoint": "http://a]]>"}, "ENDPOINT: oned refuses the characters ]]>"),
    ("one_template", {"template": {"NIC": [[]]}}, "NIC: a value of type list is neither text nor a number"),
]


@pytest.mark.parametrize(("name", "wrong", "reason"), PARTICULAR, ids=[f"{n}-{w!r:.60}" for n, w, _r in PARTICULAR])
def test_what_is_particular(site: ServedCloud, run: Any, name: str, wrong: Item, reason: str) -> None:
    (item,) = CASES[name].items()
    fine = CASES[name].items("fine")
    options = {CASES[name].option: [*fine, {**item, **wrong}]}
    changed_nothing(site, run(name, site.options(name, **options)), reason)


CHOICES: list[tuple[Item, str]] = [
    ({"names": ["~("]}, "names: '~(' is not a regular expression"),
    ({"names": ["~*a"]}, "names: '~*a' is not a regular expression"),
    ({"names": {"a": 1}}, "argument 'names'"),
    ({"ids": ["first"]}, "option 'ids' is of type str and we were unable to convert to int"),
    ({"ids": [1.5]}, "option 'ids' is of type float and we were unable to convert to int"),
    ({"state": "present"}, "Unsupported parameters"),
]


@with_every(INFO, CHOICES)
def test_choices_of_a_list(site: ServedCloud, run: Any, name: str, wrong: Item, reason: str) -> None:
    judge(run(name, site.options(name, **wrong)), reason)


@pytest.mark.parametrize("name", ["one_host_info", "one_datastore_info", "one_vnet_info"])
def test_an_unknown_cluster_to_list(site: ServedCloud, run: Any, name: str) -> None:
    judge(run(name, site.options(name, clusters=["nope"])), "option clusters: there is no cluster 'nope'")


def test_nothing_listens_where_a_port_is_full(run: Any) -> None:
    """A connection that is neither taken nor refused."""
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _number in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        judge(run("one_host_info", ServedCloud(cloud(), url).options("one_host_info", timeout=0.05)), "within 0.05 s")


def test_there_are_many_rows() -> None:
    """What was asked for once: 120."""
    particular = {json.dumps([name, sorted(wrong)]) for name, wrong, _reason in PARTICULAR}
    rows = [*OPTIONS, *ANSWERS, *TLS, *API_SERVER, *LISTS, *ENTRIES, *NAMES, *TEMPLATES, *STATES, *CHOICES]
    assert len(rows) + len(particular) >= 120
    assert {name for name, _wrong, _reason in PARTICULAR} >= CASES.keys() - {"one_acl"}
