# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""No secret stands in what modules answer, in what Ansible prints at -vvv --diff, or in the system's log."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kubenebula.opennebula.plugins.module_utils import errors, secrets
from cloud_model import Cloud
from http_server import serve
from module_cases import CASES, INFO, NEEDED, Item, ModuleCase, Result, cloud, load, runner
from oned_model import Refused

COLLECTIONS = Path(errors.__file__).parents[5]
PASSWORD = "s3cr3t-of-the-api"
# Every kind of place in a template, and a name of the operator's own that oned keeps encrypted.
PLACES = {
    "bmc_password": "s3cr3t-{}-1",
    "IPMI": {"USER": "root", "Password": "s3cr3t-{}-2"},
    "API_TOKEN": ["s3cr3t-{}-3", "s3cr3t-{}-4"],
    "CONTEXT": {"PASSWORD": "s3cr3t-{}-5", "SSH_PRIVATE_KEY": "-----BEGIN\ns3cr3t-{}-6\n-----END", "NETWORK": "YES"},
    "EC2_ACCESS": "s3cr3t-{}-7",
    "AZ_CLIENT": "s3cr3t-{}-8",
    "RESTIC_PASSWORD": "s3cr3t-{}-9",
    "SSH_PASSPHRASE": "s3cr3t-{}-10",
    "SECRET_ACCESS_KEY": "s3cr3t-{}-11",
    "NIC": [{"NETWORK": "a", "IPAM_PASSWORD": "s3cr3t-{}-12"}, {"NETWORK": "b", "IPAM_PASSWORD": "s3cr3t-{}-13"}],
    "MIRROR": "https://user:s3cr3t-{}-14@mirror.example.org/one",
}


def filled(value: Any, word: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, word) for key, inner in value.items()}
    return [filled(item, word) for item in value] if isinstance(value, list) else value.replace("{}", word)


def items(case: ModuleCase, word: str) -> list[Any]:
    """An object with secrets wherever its module takes some."""
    found = case.items(template={**NEEDED.get(case.name, {}), **filled(PLACES, word)} if case.free else None)
    if case.name == "one_user":
        found[0]["password"] = f"s3cr3t-{word}-user"
    if case.name == "one_vnet":
        found[0]["ranges"][0] = {**found[0]["ranges"][0], "ipam_password": f"s3cr3t-{word}-range"}
    return found


def secret(text: str) -> list[str]:
    """What of a text gives a secret away, digests of users' passwords included."""
    digests = [hashlib.sha256(f"s3cr3t-{word}-user".encode()).hexdigest() for word in ("old", "new")]
    return [text[max(0, at - 60) : at + 40] for word in ("s3cr3t", *digests) if (at := text.find(word)) >= 0]


class Site:
    def __init__(self, made: Cloud, url: str) -> None:
        self.cloud, self.url = made, url

    def options(self, **options: Any) -> Item:
        shown = {"_ansible_diff": True, "_ansible_inject_invocation": True}
        return {"api_url": f"{self.url}/RPC2", "api_password": PASSWORD, **shown, **options}


@pytest.fixture
def site() -> Iterator[Site]:
    made = cloud()
    made.session = f"oneadmin:{PASSWORD}"
    with serve(lambda _path, _headers, body: (200, "text/xml", made.answer(body))) as served:
        yield Site(made, served.url)


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


def ansible(command: str, *arguments: str, **environment: str) -> str:
    """What Ansible prints."""
    own = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0"}
    # Before 2.21 -vvv shows the arguments without being asked to.
    own["ANSIBLE_INJECT_INVOCATION"] = "1"
    call = [sys.executable, "-m", "ansible", command, *arguments]
    ended = subprocess.run(call, env={**os.environ, **own, **environment}, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


def test_ansible_prints_none_at_vvv_with_diffs(site: Site, tmp_path: Path) -> None:
    """Every module makes, changes and lists its object; what it returns is printed as well, and so is a failure."""
    tasks: list[Item] = []
    for name, case in CASES.items():
        full = f"kubenebula.opennebula.{name}"
        # From variables, for Ansible prints the lines of a playbook that are to blame.
        tasks += [{full: {case.option: f"{{{{ wanted.{name}.{word} }}}}"}} for word in ("old", "new")]
        tasks += [{f"{full}_info": {}, "register": "found"}, {"ansible.builtin.debug": {"var": "found"}}]
    wrong = {"hosts": "{{ wanted.one_host.new }}", "state": "nope"}
    tasks.append({"kubenebula.opennebula.one_host": wrong, "ignore_errors": True})
    connection = {"api_url": f"{site.url}/RPC2", "api_password": "{{ lookup('env', 'ONEADMIN') }}"}
    defaults = {"group/kubenebula.opennebula.oned": connection}
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    wanted = {name: {word: items(case, word) for word in ("old", "new")} for name, case in CASES.items()}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "wanted": wanted}
    (tmp_path / "variables.json").write_text(json.dumps(variables))
    arguments = ["-i", "localhost,", "-e", f"@{tmp_path}/variables.json", "-vvv", "--diff", str(tmp_path / "play.yml")]
    printed = ansible("playbook", *arguments, ONEADMIN=PASSWORD)
    for name in (*CASES, *INFO):
        assert f"TASK [kubenebula.opennebula.{name}]" in printed
    changes = 2 * len(CASES) - 1
    assert f"changed={changes} " in printed and "ignored=1 " in printed, printed[-3000:]
    assert printed.count("--- before") == changes
    assert len(re.findall(r'\bmodule_args"?:', printed)) >= 3 * len(CASES) + 1
    assert "EC2_ACCESS" in printed
    assert secret(printed) == []


def test_the_inventory_shows_none(site: Site, tmp_path: Path) -> None:
    site.cloud.add("kvm1", template=filled(PLACES, "old"))
    source = tmp_path / "cloud.one_hosts.yml"
    source.write_text(
        f"plugin: kubenebula.opennebula.one_hosts\napi_url: {site.url}\ncache: true\n"
        f"cache_plugin: ansible.builtin.jsonfile\ncache_connection: {tmp_path}/cache\n"
    )
    printed = ansible("inventory", "-i", str(source), "--list", "-vvv", ONE_PASSWORD=PASSWORD)
    assert '"one_template"' in printed
    cached = [path.read_text() for path in (tmp_path / "cache").iterdir()]
    assert "kvm1" in cached[0]
    assert secret(printed + "".join(cached)) == []
