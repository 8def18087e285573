# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""An inventory becomes a cloud: onboard.yml as an operator runs it, against the model of oned, without the machines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cloud_model import Cloud
from http_server import serve
from oned_model import Refused

ROOT = Path(__file__).parents[2]
SECRETS = ("s3cr3t-of-alice", "s3cr3t-of-s3", "s3cr3t-of-vm", "s3cr3t-of-bmc")
OBJECTS: dict[str, Any] = {
    "opennebula_zones": [{"name": "OpenNebula", "endpoint": "http://one.example.org:2633/RPC2"}],
    "opennebula_clusters": [{"name": "edge", "template": {"RESERVED_CPU": "10%"}}],
    "opennebula_groups": [{"name": "devs", "admins": ["alice"]}, {"name": "ops"}],
    "opennebula_users": [{"name": "alice", "password": SECRETS[0], "groups": ["devs", "users"]}],
    "opennebula_datastores": [
        {"name": "nfs", "type": "image", "ds_mad": "fs", "tm_mad": "shared", "clusters": ["default", "edge"]},
        {"name": "default", "clusters": ["default", "edge"]},
    ],
    "opennebula_networks": [
        {
            "name": "private",
            "vn_mad": "bridge",
            "bridge": "br0",
            "clusters": ["edge"],
            "ranges": [{"type": "IP4", "ip": "192.0.2.10", "size": 20}],
        }
    ],
    "opennebula_marketplaces": [
        {"name": "bucket", "market_mad": "s3", "template": {"BUCKET": "one", "SECRET_ACCESS_KEY": SECRETS[1]}}
    ],
    "opennebula_images": [{"name": "data", "datastore": "nfs", "type": "datablock", "size": 10}],
    "opennebula_templates": [{"name": "small", "template": {"CPU": 1, "CONTEXT": {"PASSWORD": SECRETS[2]}}}],
    "opennebula_hooks": [{"name": "told", "type": "api", "command": "x.sh", "template": {"CALL": "one.vm.allocate"}}],
    "opennebula_acl_rules": ["@devs NET+DATASTORE/%edge USE *", "#alice VM/@devs MANAGE"],
}
HOSTS: dict[str, Any] = {
    "kvm1": {"hypervisor_type": "kvm", "hypervisor_cluster": "edge", "hypervisor_labels": ["rack-7"]},
    "lxc1": {"hypervisor_type": "lxc", "hypervisor_template": {"RESERVED_MEM": 1024, "BMC": {"PASSWORD": SECRETS[3]}}},
}


class Run:
    """What one run of a playbook said and did."""

    def __init__(self, ended: subprocess.CompletedProcess[str], cloud: Cloud) -> None:
        self.code, self.text = ended.returncode, ended.stdout + ended.stderr
        self.calls = Counter(method for method, _params in cloud.log)
        self.writes = Counter(method for method, _params in cloud.writes)
        self.recap = {
            host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in re.findall(r"^(\S+)\s+: (ok=.*)$", self.text, re.MULTILINE)
        }

    @property
    def changed(self) -> list[str]:
        """The tasks that changed something."""
        tasks = re.split(r"^TASK \[(?:kubenebula.opennebula.registration : )?", self.text, flags=re.MULTILINE)[1:]
        return [task.partition("]")[0] for task in tasks if re.search(r"^changed: ", task, re.MULTILINE)]

    @property
    def last_words(self) -> dict[str, str]:
        """What the last task says of each host that failed, each as one line."""
        said = self.text.partition("PLAY RECAP")[0].rpartition("\nTASK [")[2]
        failed = re.findall(r"^fatal: \[([^]]+)\](.*?)(?=^\S|\Z)", said, re.MULTILINE | re.DOTALL)
        return {host: " ".join(words.split()) for host, words in failed}


class Site:
    """The model of oned behind a web server, with what a new cloud holds, and an inventory."""

    def __init__(self, url: str, folder: Path) -> None:
        self.cloud = Cloud()
        self.cloud.put("zone", "OpenNebula", {"ENDPOINT": "http://127.0.0.1:2633/RPC2"}, id=0)
        self.cloud.put("cluster", "default", id=0)
        for number, name in enumerate(("oneadmin", "users")):
            self.cloud.put("group", name, id=number)
        for number, name in enumerate(("system", "default", "files")):
            self.cloud.put("datastore", name, {"TM_MAD": "ssh", "DS_MAD": "fs"}, id=number)
        self.folder = folder
        self.variables = {
            "registration_api_url": url,
            "registration_api_password": "secret",
            "registration_wait_timeout": 20,
            "control_plane_address": "192.0.2.1",
            "hypervisor_repository_url": "https://mirror.example.org/6.10",
        }

    def run(self, *options: str, playbook: str = "playbooks/onboard.yml", hosts: Any = None, **variables: Any) -> Run:
        inventory = self.folder / "hosts.json"
        group = {"hypervisors": {"hosts": HOSTS if hosts is None else hosts}}
        inventory.write_text(json.dumps({"all": {"vars": {**self.variables, **variables}, "children": group}}))
        self.cloud.log.clear()
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "ONE_", "K8S_"))
        }
        environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "KUBECONFIG": "/nowhere"}
        command = [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            playbook,
            "-i",
            str(inventory),
            *options,
        ]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return Run(ended, self.cloud)

    def register(self, *options: str, **more: Any) -> Run:
        """Declare and register, and leave the machines alone."""
        return self.run("--tags", "registration", *options, **more)


@contextmanager
def new_cloud(folder: Path) -> Iterator[Site]:
    sites: list[Site] = []
    with serve(lambda _path, _headers, body: (200, "text/xml", sites[0].cloud.answer(body))) as served:
        sites.append(Site(served.url, folder))
        yield sites[0]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with new_cloud(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, Run]]]:
    """The same inventory three times: only looked at, made, and left alone."""
    with new_cloud(tmp_path_factory.mktemp("story")) as made:
        runs = {"predicted": made.register("--check", "--diff", **OBJECTS)}
        runs["made"] = made.register("--diff", "-vvv", **OBJECTS)
        runs["again"] = made.register(**OBJECTS)
        yield made, runs


Story = tuple[Site, dict[str, Run]]
# The runs take long: one worker makes them, and its tests stay with it.
OF_THE_STORY = pytest.mark.xdist_group("story")


@OF_THE_STORY
def test_everything_declared_is_there(story: Story) -> None:
    site, runs = story
    cloud, made = site.cloud, runs["made"]
    assert made.code == 0, made.text
    edge = cloud.named("cluster", "edge")
    assert edge.template["RESERVED_CPU"] == "10%"
    devs, alice = cloud.named("group", "devs"), cloud.named("user", "alice")
    assert (alice.more["groups"], devs.more["admins"]) == ([devs.id, 1], [alice.id])
    assert [cloud.named("datastore", name).more["clusters"] for name in ("nfs", "default")] == [[0, edge.id]] * 2
    assert cloud.named("vn", "private").more["clusters"] == [edge.id]
    assert cloud.named("zone", "OpenNebula").template["ENDPOINT"] == "http://one.example.org:2633/RPC2"
    for kind, name in {"market": "bucket", "image": "data", "template": "small", "hook": "told"}.items():
        assert cloud.named(kind, name)
    assert len(cloud.things["acl"]) == 2
    hosts = {host.name: (host.state, host.vm_mad, host.cluster) for host in cloud.hosts.values()}
    assert hosts == {"kvm1": ("MONITORED", "kvm", edge.id), "lxc1": ("MONITORED", "lxc", 0)}
    assert [host.template.get(key) for host in cloud.hosts.values() for key in ("LABELS", "RESERVED_MEM")] == [
        "rack-7",
        "",
        None,
        "1024",
    ]


@OF_THE_STORY
def test_check_mode_predicts_what_the_run_then_does(story: Story) -> None:
    _site, runs = story
    assert runs["predicted"].code == 0, runs["predicted"].text
    assert runs["predicted"].writes == {}
    assert len(runs["made"].changed) == 13
    assert runs["predicted"].changed == runs["made"].changed


@OF_THE_STORY
def test_the_second_run_only_reads_each_kind_once(story: Story) -> None:
    _site, runs = story
    again = runs["again"]
    assert (again.code, again.changed, again.writes) == (0, [], {})
    # clusters, groups and users are also read where others name them
    own = ("zone", "datastore", "vn", "market", "image", "template", "hook", "host")
    reads = {kind: again.calls[f"one.{kind}pool.info"] for kind in own}
    # zones once more, to see whether oned answers; datastores once more, for the image names one
    assert reads == {**dict.fromkeys(own, 1), "zone": 2, "datastore": 2}
    assert again.calls["one.acl.info"] == 1


@OF_THE_STORY
def test_what_is_named_is_made_first(story: Story) -> None:
    """One call of the module for each kind, and a second of the groups for their administrators."""
    tasks = re.findall(
        r"^TASK \[kubenebula.opennebula.registration : (Declare .*|Register .*)\]", story[1]["made"].text, re.M
    )
    kinds = ["zones", "clusters", "groups", "users", "the administrators of groups", "datastores", "virtual networks"]
    kinds += ["marketplaces", "images and wait until they are ready", "templates", "hooks", "access rules"]
    assert tasks == [f"Declare {kind}" for kind in kinds] + [
        "Register the hypervisors and wait until they are monitored"
    ]


@OF_THE_STORY
def test_no_secret_is_shown(story: Story) -> None:
    said = story[1]["made"].text
    assert "SECRET_ACCESS_KEY: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said, "the diff shows the rest"
    assert [secret for secret in SECRETS if secret in said] == []


@OF_THE_STORY
def test_a_new_host_is_one_hosts_work(story: Story) -> None:
    site, _runs = story
    many = {f"old{number}": {"hypervisor_type": "kvm"} for number in range(300)}
    clusters = OBJECTS["opennebula_clusters"]
    run = site.register("--limit", "new", hosts={**many, **HOSTS, "new": HOSTS["kvm1"]}, opennebula_clusters=clusters)
    assert run.code == 0, run.text
    assert run.recap.keys() == {"new"}
    assert run.writes == {"one.host.allocate": 1, "one.host.update": 1}
    assert {host.name for host in site.cloud.hosts.values()} == {"kvm1", "lxc1", "new"}


def test_what_is_not_declared_is_not_asked_for(site: Site) -> None:
    run = site.register(hosts={}, opennebula_clusters=OBJECTS["opennebula_clusters"], opennebula_networks=None)
    assert run.code == 0, run.text
    assert run.calls == {
        "one.zonepool.info": 1,
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
        opennebula_images=images,
        opennebula_acl_rules=["* HOST/%edge USE"],
    )
    assert run.code != 0
    assert run.last_words.keys() == {"localhost", "kvm2"}
    for words in (
        "Not everything is declared: 1 of 2 clusters failed: bad: one.cluster.allocate: the disk is full (code 8192);",
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
    assert len(site.cloud.things["acl"]) == 1


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
    assert len(site.cloud.things["acl"]) == 1


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
