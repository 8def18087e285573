# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The same inventory three times, and what has come of it: a file of its own, for the three runs take long."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import HOSTS, OBJECTS, SECRETS, Run, Site, new_cloud


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, Run]]]:
    """The same inventory three times: only looked at, made, and left alone."""
    with new_cloud(tmp_path_factory.mktemp("story")) as made:
        runs = {"predicted": made.register("--check", "--diff", **OBJECTS)}
        runs["made"] = made.register("--diff", "-vvv", **OBJECTS)
        runs["again"] = made.register(**OBJECTS)
        yield made, runs


Story = tuple[Site, dict[str, Run]]


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
    assert len(cloud.objects["acl"]) == 2
    hosts = {host.name: (host.state, host.vm_mad, host.cluster) for host in cloud.hosts.values()}
    assert hosts == {"kvm1": ("MONITORED", "kvm", edge.id), "lxc1": ("MONITORED", "lxc", 0)}
    assert [host.template.get(key) for host in cloud.hosts.values() for key in ("LABELS", "RESERVED_MEM")] == [
        "rack-7",
        "",
        None,
        "1024",
    ]


def test_check_mode_predicts_what_the_run_then_does(story: Story) -> None:
    _site, runs = story
    assert runs["predicted"].code == 0, runs["predicted"].text
    assert runs["predicted"].writes == {}
    assert len(runs["made"].changed) == 13
    assert runs["predicted"].changed == runs["made"].changed


def test_the_second_run_only_reads_each_kind_once(story: Story) -> None:
    _site, runs = story
    again = runs["again"]
    assert (again.code, again.changed, again.writes) == (0, [], {})
    # clusters, groups and users are also read where others name them
    own = ("zone", "datastore", "vn", "market", "image", "template", "hook", "host")
    reads = {kind: again.calls[f"one.{kind}pool.info"] for kind in own}
    # datastores once more, for the image names one
    assert reads == {**dict.fromkeys(own, 1), "datastore": 2}
    assert again.calls["one.acl.info"] == 1


def test_what_is_named_is_made_first(story: Story) -> None:
    """One call of the module for each kind, and a second of the groups for their administrators."""
    tasks = re.findall(
        r"^TASK \[kubenebula.opennebula.registration : (Declare .*|Register .*)\]", story[1]["made"].text, re.M
    )
    kinds = ["zones", "clusters", "groups", "users", "the administrators of groups", "datastores", "virtual networks"]
    kinds += [
        "marketplaces",
        "images and wait until they are ready",
        "templates of virtual machines",
        "hooks",
        "access rules",
    ]
    assert tasks == [f"Declare {kind}" for kind in kinds] + [
        "Register the hypervisors and wait until they are monitored"
    ]


def test_no_secret_is_shown(story: Story) -> None:
    said = story[1]["made"].text
    assert "SECRET_ACCESS_KEY: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said, "the diff shows the rest"
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_new_host_is_one_hosts_work(story: Story) -> None:
    site, _runs = story
    many = {f"old{number}": {"hypervisor_type": "kvm"} for number in range(300)}
    clusters = OBJECTS["opennebula_clusters"]
    run = site.register("--limit", "new", hosts={**many, **HOSTS, "new": HOSTS["kvm1"]}, opennebula_clusters=clusters)
    assert run.code == 0, run.text
    assert run.recap.keys() == {"new"}
    assert run.writes == {"one.host.allocate": 1, "one.host.update": 1}
    assert {host.name for host in site.cloud.hosts.values()} == {"kvm1", "lxc1", "new"}
