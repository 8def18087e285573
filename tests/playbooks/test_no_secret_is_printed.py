# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""No secret stands in what Ansible prints at -vvv --diff."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_command import ansible
from module_cases import CASES, INFO, Item
from secret_cases import PASSWORD, PLACES, ServedCloud, filled, items, secret, served


@pytest.fixture
def site() -> Iterator[ServedCloud]:
    with served() as found:
        yield found


def test_ansible_prints_none_at_vvv_with_diffs(site: ServedCloud, tmp_path: Path) -> None:
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
    # Before 2.21 -vvv shows the arguments without being asked to.
    ended = ansible("playbook", *arguments, ONEADMIN=PASSWORD, ANSIBLE_INJECT_INVOCATION="1")
    printed = ended.stdout + ended.stderr
    for name in (*CASES, *INFO):
        assert f"TASK [kubenebula.opennebula.{name}]" in printed
    changes = 2 * len(CASES) - 1
    assert f"changed={changes} " in printed and "ignored=1 " in printed, printed[-3000:]
    assert printed.count("--- before") == changes
    assert len(re.findall(r'\bmodule_args"?:', printed)) >= 3 * len(CASES) + 1
    assert "EC2_ACCESS" in printed
    assert secret(printed) == []


def test_the_inventory_shows_none(site: ServedCloud, tmp_path: Path) -> None:
    site.cloud.add("kvm1", template=filled(PLACES, "old"))
    source = tmp_path / "cloud.one_hosts.yml"
    source.write_text(
        f"plugin: kubenebula.opennebula.one_hosts\napi_url: {site.url}\ncache: true\n"
        f"cache_plugin: ansible.builtin.jsonfile\ncache_connection: {tmp_path}/cache\n"
    )
    ended = ansible("inventory", "-i", str(source), "--list", "-vvv", ONE_PASSWORD=PASSWORD)
    printed = ended.stdout + ended.stderr
    assert '"one_template"' in printed
    cached = [path.read_text() for path in (tmp_path / "cache").iterdir()]
    assert "kvm1" in cached[0]
    assert secret(printed + "".join(cached)) == []
