# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""No secret stands in what modules answer or in the system's log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from http_server import serve
from module_cases import CASES, INFO, Item, Result, cloud, load, runner
from oned_model import Refused
from secret_cases import PASSWORD, Site, items, secret, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as found:
        yield found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Item], Result]:
    return runner(capsys, monkeypatch)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules write to the system's log."""
    lines: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _self, msg, log_args=None: lines.append(f"{msg} {log_args}"))
    return lines


EVERY = pytest.mark.parametrize("name", CASES)


@EVERY
def test_made_changed_listed_and_removed(site: Site, run: Any, logged: list[str], name: str) -> None:
    case = CASES[name]
    results = [run(name, site.options(**{case.option: items(case, word)})) for word in ("old", "new", "new")]
    results.append(run(f"{name}_info", site.options()))
    results.append(run(name, site.options(**{case.option: case.absent(), "state": "absent"})))
    assert [result["changed"] for result in results] == [True, case.free, False, False, True]
    assert all("module_args" in result["invocation"] for result in results)
    assert secret(json.dumps(results)) == []
    assert secret("".join(logged)) == []
    if case.free:
        assert secrets.HIDDEN in json.dumps(results[1]["diff"])


@EVERY
def test_oned_repeats_what_it_was_sent(site: Site, run: Any, name: str) -> None:
    def repeat(method: str, params: tuple[Any, ...]) -> None:
        if not method.endswith(".info"):
            raise Refused(f"cannot parse {params}", 8192)

    site.cloud.misbehave = repeat
    result = run(name, site.options(**{CASES[name].option: items(CASES[name], "old")}))
    assert "cannot parse" in result["msg"]
    assert secret(json.dumps(result)) == []


@EVERY
@pytest.mark.parametrize("wrong", [{"state": "nope"}, {"unknown_option": 1}, {"timeout": "soon"}], ids=str)
def test_arguments_that_do_not_fit(site: Site, run: Any, logged: list[str], name: str, wrong: Item) -> None:
    result = run(name, site.options(**{CASES[name].option: items(CASES[name], "old")}, **wrong))
    assert result["failed"]
    assert secret(json.dumps(result)) == []
    assert secret("".join(logged)) == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.free])
@pytest.mark.parametrize(
    "template",
    [
        {"BMC_PASSWORD": [["s3cr3t"]]},
        {"BMC": {"PASSWORD": {"s3cr3t": 1}}},
        {"BMC_PASSWORD": "s3cr3t\x00"},
        {"BMC_PASSWORD": "s3cr3t]]>"},
        {"BMC_PASSWORD": "s3 s3cr3t\\"},
        "BMC_PASSWORD=s3cr3t OTHER",
        '{"BMC_PASSWORD": "s3cr3t"',
    ],
    ids=str,
)
def test_templates_that_cannot_be_stored(site: Site, run: Any, name: str, template: Any) -> None:
    result = run(name, site.options(**{CASES[name].option: CASES[name].items(template=template)}))
    assert result["failed"]
    assert secret(json.dumps(result)) == []
    assert site.cloud.writes == []


@pytest.mark.parametrize("name", [*CASES, *INFO])
def test_whatever_answers_in_place_of_oned(run: Any, name: str) -> None:
    page = f"<html>{PASSWORD} s3cr3t-old-user</html>".encode()
    wanted = {} if name in INFO else {CASES[name].option: items(CASES[name], "old")}
    with serve(lambda *_: (200, "text/html", page)) as elsewhere:
        result = run(name, Site(cloud(), elsewhere.url).options(**wanted))
    assert "HTML instead of XML-RPC" in result["msg"]
    assert secret(json.dumps(result)) == []


@pytest.mark.parametrize(
    "url", ["http://oneadmin:s3cr3t@one:2633/RPC2", "http://oneadmin:s3cr3t@one:port/", "ftp://oneadmin:s3cr3t@one/"]
)
def test_a_password_in_the_address(run: Any, url: str) -> None:
    result = run("one_host_info", Site(cloud(), "").options(api_url=url))
    assert "api_url holds a user or a password" in result["msg"]
    assert secret(json.dumps(result)) == []


def test_every_option_that_is_a_secret_as_a_whole_is_marked() -> None:
    def marked(spec: dict[str, Any]) -> Iterator[tuple[str, bool]]:
        for name, option in spec.items():
            if secrets.is_secret(name) and option.get("choices") is None:
                yield name, option.get("no_log") is True
            yield from marked(option.get("options") or {})

    found = {name: set(marked(load(name).argument_spec())) for name in CASES if hasattr(load(name), "argument_spec")}
    assert all(("api_password", True) in options for options in found.values())
    assert ("password", True) in found["one_user"]
    assert [option for options in found.values() for option in options if not option[1]] == []
