# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible itself finds, documents and runs the plugins; module_utils need no Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils import errors
from http_server import serve
from oned_model import Oned

MODULE_UTILS = Path(errors.__file__).parent
COLLECTIONS = MODULE_UTILS.parents[4]
PREFIX = "kubenebula.opennebula"

PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/kubenebula.opennebula.oned:
      api_url: "{{ url }}"
      api_password: secret
  vars:
    hosts: &hosts {hosts: [{name: kvm1, type: kvm, template: {note: 'say "hi"', ha: true}}]}
  tasks:
    - kubenebula.opennebula.one_host: *hosts
      check_mode: true
      register: predicted
    - kubenebula.opennebula.one_host: *hosts
      register: done
    - kubenebula.opennebula.one_host: *hosts
      register: again
    - ansible.builtin.copy:
        dest: "{{ report }}"
        content: "{{ found | to_json }}"
      vars:
        found:
          changed: "{{ [predicted.changed, done.changed, again.changed] }}"
          digest: "{{ lookup('kubenebula.opennebula.context_digest', context, extra={'a': 1}, length=20) }}"
          relative: "{{ lookup('kubenebula.opennebula.context_digest', 'context', extra={'a': 1}, length=20) }}"
          helm: "{{ 'Error: UPGRADE FAILED: no' | kubenebula.opennebula.helm_errors }}"
          hypervisors: "{{ {'kvm1': {}} | kubenebula.opennebula.hypervisor_problems(name_resolution='dns') }}"
    - ansible.builtin.debug: {msg: "{{ lookup('kubenebula.opennebula.context_digest', '/nowhere/at/all') }}"}
"""


def ansible(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_LOCALHOST_WARNING": "false"}
    call = [sys.executable, "-m", "ansible", command, *arguments]
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=False)


def test_a_playbook_uses_all_of_them(tmp_path: Path) -> None:
    play, report, context = tmp_path / "play.yml", tmp_path / "report.json", tmp_path / "context"
    play.write_text(PLAY)
    context.mkdir()
    (context / "Dockerfile").write_text("FROM base\n")
    oned = Oned()
    with serve(lambda _path, _headers, body: (200, "text/xml", oned.answer(body))) as site:
        extra = {"url": site.url, "report": str(report), "context": str(context), "ansible_connection": "local"}
        extra["ansible_python_interpreter"] = sys.executable
        ended = ansible("playbook", "-i", "localhost,", "-e", json.dumps(extra), str(play))
    assert report.exists(), ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["changed"] == [True, True, False]
    assert oned.hosts[0].template["HA"] == "YES"
    assert len(found["digest"]) == 20
    assert found["relative"] == found["digest"]
    assert found["helm"] == "no"
    assert found["hypervisors"] == ["Hypervisor kvm1 has no hypervisor_type: set it to one of kvm, lxc, qemu."]
    assert ended.returncode != 0
    assert "/nowhere/at/all is not a directory" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("module", ["one_host", "one_host_info", "node_check"]),
        ("lookup", ["context_digest"]),
        ("filter", ["helm_errors", "hypervisor_problems"]),
        ("filter", ["declaration_problems", "planned_names", "cluster_problems", "registration_failures"]),
    ],
)
def test_everything_is_documented(kind: str, names: list[str]) -> None:
    shown = ansible("doc", "--json", "-t", kind, *(f"{PREFIX}.{name}" for name in names))
    assert shown.returncode == 0, shown.stderr
    documented = json.loads(shown.stdout)
    for name in names:
        entry = documented[f"{PREFIX}.{name}"]
        assert entry["doc"]["short_description"]
        assert entry["doc"]["version_added"] == "0.1.0"
        assert entry["examples"].strip()
        assert entry["return"]


def test_the_documented_options_are_those_of_the_modules() -> None:
    from ansible_collections.kubenebula.opennebula.plugins.modules import one_host

    shown = json.loads(ansible("doc", "--json", "-t", "module", f"{PREFIX}.one_host").stdout)
    documented = shown[f"{PREFIX}.one_host"]["doc"]["options"]
    spec: dict[str, Any] = one_host.argument_spec()
    assert documented.keys() == spec.keys()
    assert documented["hosts"]["suboptions"].keys() == spec["hosts"]["options"].keys()
    for name, option in spec.items():
        for field in ("type", "default", "choices"):
            assert documented[name].get(field) == option.get(field), (name, field)


def test_module_utils_are_importable_without_ansible_and_kubernetes() -> None:
    names = sorted(path.stem for path in MODULE_UTILS.glob("*.py"))
    assert "rpc" in names
    code = (
        "import importlib, sys\n"
        "sys.modules.update({'ansible': None, 'kubernetes': None, 'yaml': None})\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module('ansible_collections.kubenebula.opennebula.plugins.module_utils.' + name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_files_stay_small() -> None:
    long = {
        path.name: count for path in MODULE_UTILS.glob("*.py") if (count := len(path.read_text().splitlines())) > 250
    }
    assert long == {}
