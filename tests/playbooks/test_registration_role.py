# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the role registration asks of oned, and what it says when that fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import HOSTS, OBJECTS, Site
from http_server import serve
from oned_model import Refused


def test_what_is_not_declared_is_not_asked_for(site: Site) -> None:
    run = site.register(hosts={}, opennebula_clusters=OBJECTS["opennebula_clusters"], opennebula_networks=None)
    assert run.code == 0, run.text
    assert run.calls == {
        "one.clusterpool.info": 2,
        "one.cluster.allocate": 1,
        "one.cluster.update": 1,
    }
    assert site.run(playbook="playbooks/declare.yml", hosts={}).calls == {}


def test_what_fails_is_named_in_the_end_and_holds_up_nothing_else(site: Site) -> None:
    def refuse(method: str, params: tuple[Any, ...]) -> None:
        if method == "one.cluster.allocate" and params[0] == "bad":
            raise Refused("the disk is full", 8192)

    site.cloud.misbehave = refuse
    images = [{**OBJECTS["opennebula_images"][0], "name": "broken", "size": None, "path": "/broken"}]
    run = site.register(
        hosts={**HOSTS, "kvm2": {"hypervisor_type": "kvm", "hypervisor_cluster": "bad"}},
        opennebula_clusters=[{"name": "bad"}, {"name": "edge"}],
        opennebula_datastores=OBJECTS["opennebula_datastores"],
        opennebula_networks=[{**OBJECTS["opennebula_networks"][0], "clusters": ["nowhere"]}],
        opennebula_images=images,
        opennebula_acl_rules=["* HOST/%edge USE"],
    )
    assert run.code != 0
    assert run.last_words.keys() == {"localhost", "kvm2"}
    for words in (
        "Not everything is declared: 1 of 2 clusters failed: bad: one.cluster.allocate: the disk is full (code 8192);",
        "nothing was changed: virtual network private: there is no cluster ''nowhere''",
        "1 of 1 images failed: broken: it is in ERROR",
    ):
        assert words in run.last_words["localhost"]
    reason = "kvm2 is not onboarded: hypervisor_cluster: there is no cluster ''bad''; there are default (0), edge"
    assert reason in run.last_words["kvm2"]
    assert {name: counts["failed"] for name, counts in run.recap.items()} == {
        "localhost": 1,
        "kvm1": 0,
        "lxc1": 0,
        "kvm2": 1,
    }
    assert {host.name for host in site.cloud.hosts.values()} == {"kvm1", "lxc1"}
    assert len(site.cloud.objects["acl"]) == 1


def test_a_mistake_in_a_variable_is_told_before_oned_is_asked(site: Site) -> None:
    run = site.run(
        playbook="playbooks/declare.yml",
        opennebula_clusters=[{"name": "edge", "hosts": ["kvm1"]}],
        opennebula_users=[{"nam": 1}],
    )
    assert run.code != 0
    assert run.calls == {}
    for words in (
        "opennebula_clusters: edge: hosts cannot be given here",
        "opennebula_users: entry 1: missing required",
    ):
        assert words in run.last_words["localhost"]


def test_an_oned_that_does_not_answer_is_asked_once(site: Site) -> None:
    asked: list[bytes] = []

    def page(_path: str, _headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        asked.append(body)
        return 200, "text/html", b"<html>maintenance</html>"

    with serve(page) as other:
        run = site.register(registration_api_url=other.url, **OBJECTS)
    assert run.code != 0
    # once for the objects, once for the hosts
    assert len(asked) == 2
    assert run.last_words.keys() == {"localhost", "kvm1", "lxc1"}
    assert all("answers with HTML instead of XML-RPC" in words for words in run.last_words.values())


def test_without_a_password_every_host_says_so(site: Site) -> None:
    run = site.register(
        "--limit", "kvm1,lxc1", registration_api_password="", opennebula_zones=OBJECTS["opennebula_zones"]
    )
    assert run.code != 0
    assert run.calls == {}
    for host in ("kvm1", "lxc1"):
        assert f"{host} is not onboarded: The Secret opennebula-oneadmin cannot be read" in run.last_words[host]
    assert "Not everything is declared: The Secret opennebula-oneadmin cannot be read" in run.last_words["kvm1"]


def test_the_role_alone_does_both_and_fails_in_the_end(site: Site) -> None:
    """In a playbook of the user's own: hosts are registered although a hook was refused."""
    site.cloud.misbehave = lambda method, _params: refuse_hooks(method)
    play = site.folder / "own.yml"
    play.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "roles": ["kubenebula.opennebula.registration"]}])
    )
    kinds = ("opennebula_clusters", "opennebula_hooks", "opennebula_acl_rules")
    run = site.run(playbook=str(play), **{**{kind: OBJECTS[kind] for kind in kinds[:2]}, kinds[2]: ["* VM/* USE"]})
    assert run.code != 0
    assert "1 of 1 hooks failed: told: one.hook.allocate: not today" in run.last_words["kvm1"]
    assert {host.name: host.state for host in site.cloud.hosts.values()} == {"kvm1": "MONITORED", "lxc1": "MONITORED"}
    assert len(site.cloud.objects["acl"]) == 1


def refuse_hooks(method: str) -> None:
    if method == "one.hook.allocate":
        raise Refused("not today", 2048)


def test_hosts_are_removed_but_for_those_that_run_machines(site: Site) -> None:
    for name, vms in (("kvm1", []), ("lxc1", [7])):
        site.cloud.add(name, vms=vms)
    site.cloud.vms[7] = "web"
    play = site.folder / "absent.yml"
    role = {"name": "kubenebula.opennebula.registration", "tasks_from": "absent"}
    play.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.import_role": role}]}])
    )
    run = site.run(playbook=str(play))
    assert run.code != 0
    assert run.last_words.keys() == {"lxc1"}
    assert "still runs virtual machines: web (7)" in run.last_words["lxc1"]
    assert [host.name for host in site.cloud.hosts.values()] == ["lxc1"]
    assert run.writes == {"one.host.delete": 1}


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ({}, "Hosts: 0"),
        ({"kvm1": "MONITORED", "lxc1": "MONITORED"}, "Hosts: 2, all MONITORED"),
        ({"kvm1": "MONITORED", "kvm2": "ERROR", "lxc1": "DISABLED"}, "Hosts: 3, kvm2 is ERROR, lxc1 is DISABLED"),
    ],
)
def test_where_counts_the_hosts_and_names_those_that_do_not_work(site: Site, states: dict[str, str], line: str) -> None:
    for name, state in states.items():
        site.cloud.add(name, state=state)
    run = site.run(playbook="playbooks/where.yml")
    assert run.code == 0, run.text
    assert f"- '{line}'\n" in run.text
