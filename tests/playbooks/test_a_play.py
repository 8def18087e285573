# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A play uses modules, lookups and filters of the collection."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_command import ansible
from http_server import serve
from oned_model import Oned

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
