# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The modules as Ansible starts them: options in, JSON out, oned over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubenebula.opennebula.plugins.modules import (
    one_acl,
    one_datastore,
    one_group,
    one_host,
    one_host_info,
    one_image,
    one_user,
    one_vnet,
)
from cloud_model import Cloud
from http_server import serve
from oned_model import Oned

Result = dict[str, Any]


class Site:
    """The model behind a web server."""

    def __init__(self, oned: Oned, url: str) -> None:
        self.oned, self.url = oned, url

    def options(self, **options: Any) -> dict[str, Any]:
        return {"api_url": f"{self.url}/RPC2", "api_password": "secret", **options}


@pytest.fixture
def site() -> Iterator[Site]:
    oned = Oned(clusters={0: "default", 100: "edge"})
    with serve(lambda _path, _headers, body: (200, "text/xml", oned.answer(body))) as served:
        yield Site(oned, served.url)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("ONE_URL", "ONE_USERNAME", "ONE_PASSWORD", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)

    def call(module: Any, options: dict[str, Any]) -> Result:
        with patch_module_args(options), pytest.raises(SystemExit) as ended:
            module.main()
        result: Result = json.loads(capsys.readouterr().out)
        assert (ended.value.code == 0) is not result.get("failed", False)
        return result

    return call


KVM1 = {"name": "kvm1", "type": "kvm"}


def test_register_and_list(site: Site, run: Any) -> None:
    options = site.options(hosts=[{**KVM1, "cluster": 100, "labels": ["a"], "template": {"reserved_mem": 10}}])
    first = run(one_host, options)
    assert first["changed"]
    assert first["results"] == [
        {
            "name": "kvm1",
            "id": 0,
            "state": "MONITORED",
            "changed": True,
            "actions": ["allocate", "update"],
            "failed": False,
            "msg": "",
        }
    ]
    assert "diff" not in first
    assert run(one_host, options)["changed"] is False
    (listed,) = run(one_host_info, site.options())["hosts"]
    assert (listed["id"], listed["name"], listed["cluster"], listed["labels"]) == (0, "kvm1", "edge", ["a"])
    assert listed["template"]["RESERVED_MEM"] == "10"


def test_check_and_diff_mode(site: Site, run: Any) -> None:
    result = run(one_host, site.options(hosts=[KVM1], _ansible_check_mode=True, _ansible_diff=True))
    assert result["changed"]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["kvm1"]["im_mad"] == "kvm"
    assert site.oned.writes == []


def test_a_failure_names_the_host_and_keeps_the_results(site: Site, run: Any) -> None:
    site.oned.add("kvm1", "lxc")
    result = run(one_host, site.options(hosts=[KVM1, {"name": "lxc1", "type": "lxc"}]))
    assert result["failed"]
    assert result["changed"]
    assert result["msg"].startswith("1 of 2 hosts failed: kvm1: it is registered with the drivers lxc/lxc")
    assert [entry["failed"] for entry in result["results"]] == [True, False]


def test_mistakes_are_reported_before_anything_is_changed(site: Site, run: Any) -> None:
    result = run(one_host, site.options(hosts=[KVM1, {"name": "lxc1", "type": "lxc", "cluster": "nope"}]))
    assert "nothing was changed: host lxc1: there is no cluster 'nope'" in result["msg"]
    assert site.oned.writes == []
    result = run(one_host, site.options(hosts=[{**KVM1, "template": {"a": None}}]))
    assert result["msg"] == "host kvm1: template: A: None is neither text nor a number"


@pytest.mark.parametrize(
    ("hosts", "reason"),
    [
        ([{**KVM1, "im_mad": "x", "vmm_mad": "x"}], "parameters are mutually exclusive: type|im_mad"),
        ([{"name": "a", "im_mad": "x"}], "parameters are required together: im_mad, vmm_mad"),
        ([{"name": "a", "type": "xen"}], "value of type must be one of: kvm, lxc, qemu"),
        ([{"type": "kvm"}], "missing required arguments: name"),
    ],
)
def test_options_that_do_not_go_together(site: Site, run: Any, hosts: list[Any], reason: str) -> None:
    assert reason in run(one_host, site.options(hosts=hosts))["msg"]


def test_an_unknown_cluster_is_reported(site: Site, run: Any) -> None:
    result = run(one_host_info, site.options(clusters=["nope"]))
    assert result["msg"] == "option clusters: there is no cluster 'nope'; there are default (0), edge (100)"


def test_secrets_are_not_listed(site: Site, run: Any) -> None:
    site.oned.add("kvm1", template={"BMC": {"USER": "root", "PASSWORD": "s3cr3t"}, "API_TOKEN": "s3cr3t"})
    result = run(one_host_info, site.options())
    assert result["hosts"][0]["template"]["BMC"] == {"USER": "root"}
    assert "s3cr3t" not in json.dumps(result)


def test_the_password_is_nowhere_in_the_result(site: Site, run: Any) -> None:
    options = site.options(hosts=[KVM1], api_password="wr0ng-passw0rd", api_username="bob")
    with serve(lambda *_: (200, "text/html", b"<html>wr0ng-passw0rd</html>")) as page:
        result = run(one_host, {**options, "api_url": page.url})
    assert "HTML instead of XML-RPC" in result["msg"]
    assert "wr0ng-passw0rd" not in json.dumps(result)


def test_the_connection_may_come_from_the_environment(site: Site, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.oned.add("kvm1")
    monkeypatch.setenv("ONE_URL", site.url)
    monkeypatch.setenv("ONE_USERNAME", "oneadmin")
    monkeypatch.setenv("ONE_PASSWORD", "secret")
    assert [found["name"] for found in run(one_host_info, {})["hosts"]] == ["kvm1"]


def test_without_a_password_ansible_says_so(site: Site, run: Any) -> None:
    result = run(one_host_info, {"api_url": site.url})
    assert result["msg"] == "missing required arguments: api_password"


def test_without_an_address_the_kubeconfig_is_asked(run: Any) -> None:
    result = run(one_host_info, {"api_password": "x", "kubeconfig": "/nowhere/config"})
    assert (
        result["msg"] == "there is no kubeconfig at /nowhere/config: give kubeconfig, or api_url to reach oned directly"
    )


@pytest.mark.parametrize("timeout", [0, -1, 3601, "inf", "nan"])
def test_a_timeout_has_bounds(site: Site, run: Any, timeout: Any) -> None:
    told = run(one_host_info, site.options(timeout=timeout))["msg"]
    assert told == "timeout must be more than 0 and at most 3600 seconds"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["kvm1", "lxc1", "Q1"]),
        ({"names": ["KVM1", "q1", "nobody"]}, ["kvm1", "Q1"]),
        ({"ids": [0, 9]}, ["kvm1"]),
        ({"ids": [1], "names": ["kvm1"]}, ["kvm1", "lxc1"]),
        ({"names": []}, []),
        ({"names": ["~^(kvm|q)"]}, ["kvm1", "Q1"]),
        ({"clusters": ["edge"]}, []),
        ({"clusters": ["edge", "0"], "names": ["kvm1"]}, ["kvm1"]),
    ],
)
def test_the_list_can_be_narrowed(site: Site, run: Any, options: dict[str, Any], names: list[str]) -> None:
    for name in ("kvm1", "lxc1", "Q1"):
        site.oned.add(name)
    assert [found["name"] for found in run(one_host_info, site.options(**options))["hosts"]] == names


@pytest.fixture
def cloud() -> Iterator[Site]:
    """As a new cloud is, with all kinds of objects."""
    oned = Cloud()
    oned.put("cluster", "default", id=0)
    oned.put("group", "users", id=1)
    with serve(lambda _path, _headers, body: (200, "text/xml", oned.answer(body))) as served:
        yield Site(oned, served.url)


DATASTORE = {"name": "ds", "ds_mad": "fs", "tm_mad": "ssh", "clusters": ["edge", "default"]}
# module, its options, what it names: kind for the model, name, where `planned` has it
NAMING = [
    (one_host, {"hosts": [{**KVM1, "cluster": "edge"}]}, ("cluster", "edge", "clusters")),
    (one_datastore, {"datastores": [DATASTORE]}, ("cluster", "edge", "clusters")),
    (one_vnet, {"vnets": [{"name": "n", "vn_mad": "bridge", "clusters": ["EDGE"]}]}, ("cluster", "edge", "clusters")),
    (one_user, {"users": [{"name": "al", "password": "x", "groups": ["devs"]}]}, ("group", "devs", "groups")),
    (one_group, {"groups": [{"name": "devs", "admins": ["al"]}]}, ("user", "al", "users")),
    (one_image, {"images": [{"name": "i", "size": 1, "datastore": "ds"}]}, ("datastore", "ds", "datastores")),
    (one_acl, {"rules": ["@devs VM/* USE", "#1 HOST/* USE"]}, ("group", "devs", "groups")),
]


@pytest.mark.parametrize(("module", "options", "named"), NAMING, ids=lambda value: getattr(value, "__name__", "")[-9:])
def test_check_mode_counts_on_what_is_planned(cloud: Site, run: Any, module: Any, options: Any, named: Any) -> None:
    kind, name, option = named
    there_is_none = f"there is no {kind} {name!r}"
    planned = cloud.options(**options, planned={option: [name]}, _ansible_diff=True)
    assert there_is_none in run(module, cloud.options(**options, _ansible_check_mode=True))["msg"].lower()
    assert there_is_none in run(module, planned)["msg"].lower(), "it counts in check mode only"
    predicted = run(module, {**planned, "_ansible_check_mode": True})
    assert cloud.oned.writes == []
    cloud.oned.put(kind, name)
    done = run(module, planned)
    assert predicted["changed"] and predicted["diff"] == done["diff"]
    assert [entry["actions"] for entry in predicted["results"]] == [entry["actions"] for entry in done["results"]]
    assert run(module, {**planned, "_ansible_check_mode": True})["changed"] is False
