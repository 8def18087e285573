# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The inventory plugin as Ansible loads it, with the model of oned behind a web server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible_collections.kubenebula.opennebula.plugins.inventory import one_hosts
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import RetryLimits
from ansible_command import ansible
from http_server import serve
from oned_model import Oned

NAME = "kubenebula.opennebula.one_hosts"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONE_URL", "ONE_USERNAME", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ONE_PASSWORD", "secret")


@pytest.fixture
def oned() -> Oned:
    oned = Oned(clusters={0: "default", 100: "Rack 7"})
    nic = [{"BRIDGE": "br0"}, {"BRIDGE": "br1"}]
    oned.add("kvm1", cluster=100, template={"LABELS": "edge,rack/7", "NIC": nic, "IP": "192.0.2.1"}, vms=[3, 4])
    oned.add("lxc1.example.org", "lxc", state="MONITORING_ERROR")
    return oned


@contextmanager
def served(oned: Oned) -> Iterator[str]:
    with serve(lambda _path, _headers, body: (200, "text/xml", oned.answer(body))) as site:
        yield site.url


def write(folder: Path, **options: Any) -> Path:
    path = folder / "cloud.one_hosts.yml"
    path.write_text(yaml.safe_dump({"plugin": NAME, **options}))
    return path


def parse(path: Path, *, cache: bool = True) -> InventoryData:
    inventory = InventoryData()
    plugin = inventory_loader.get(NAME)
    assert plugin.verify_file(str(path))
    plugin.parse(inventory, DataLoader(), str(path), cache=cache)
    plugin_cache = getattr(plugin, "_cache", None)
    if hasattr(plugin_cache, "update_cache_if_changed"):
        plugin_cache.update_cache_if_changed()  # as the inventory manager does
    inventory.reconcile_inventory()
    return inventory


def listed(oned: Oned, folder: Path, **options: Any) -> InventoryData:
    with served(oned) as url:
        return parse(write(folder, api_url=url, **options))


def groups(inventory: InventoryData) -> dict[str, list[str]]:
    return {
        name: hosts for name, hosts in inventory.get_groups_dict().items() if hosts and name not in ("all", "ungrouped")
    }


def test_hypervisors_are_hosts_in_groups(oned: Oned, tmp_path: Path) -> None:
    assert groups(listed(oned, tmp_path)) == {
        "cluster_Rack_7": ["kvm1"],
        "cluster_default": ["lxc1.example.org"],
        "driver_kvm": ["kvm1"],
        "driver_lxc": ["lxc1.example.org"],
        "label_edge": ["kvm1"],
        "label_rack_7": ["kvm1"],
        "state_monitored": ["kvm1"],
        "state_error": ["lxc1.example.org"],
    }
    assert [method for method, _params in oned.log] == ["one.hostpool.info"]


def test_host_variables_are_plain(oned: Oned, tmp_path: Path) -> None:
    inventory = listed(oned, tmp_path)
    own = {key: value for key, value in inventory.hosts["kvm1"].vars.items() if key.startswith("one_")}
    assert own == {
        "one_id": 0,
        "one_state": "MONITORED",
        "one_im_mad": "kvm",
        "one_vm_mad": "kvm",
        "one_cluster": "Rack 7",
        "one_cluster_id": 100,
        "one_labels": ["edge", "rack/7"],
        "one_vms": [3, 4],
        "one_template": {
            "ARCH": "x86_64",
            "RESERVED_CPU": "",
            "RESERVED_MEM": "",
            "LABELS": "edge,rack/7",
            "NIC": [{"BRIDGE": "br0"}, {"BRIDGE": "br1"}],
            "IP": "192.0.2.1",
        },
    }
    assert json.loads(json.dumps(own)) == own
    assert "ansible_host" not in inventory.hosts["kvm1"].vars


def test_the_prefix_may_be_left_away(oned: Oned, tmp_path: Path) -> None:
    assert listed(oned, tmp_path, hostvars_prefix="").hosts["kvm1"].vars["cluster_id"] == 100


def test_compose_groups_and_keyed_groups(oned: Oned, tmp_path: Path) -> None:
    inventory = listed(
        oned,
        tmp_path,
        compose={"ansible_host": "one_template.IP", "vm_count": "one_vms | length"},
        groups={"busy": "vm_count > 0", "hypervisors": True},
        keyed_groups=[{"prefix": "ip", "key": "one_template.IP | default('none')"}],
    )
    assert inventory.hosts["kvm1"].vars["ansible_host"] == "192.0.2.1"
    assert "ansible_host" not in inventory.hosts["lxc1.example.org"].vars
    found = groups(inventory)
    assert found["busy"] == ["kvm1"]
    assert found["hypervisors"] == ["kvm1", "lxc1.example.org"]
    assert (found["ip_192_0_2_1"], found["ip_none"]) == (["kvm1"], ["lxc1.example.org"])


def test_strict_makes_a_missing_attribute_an_error(oned: Oned, tmp_path: Path) -> None:
    with pytest.raises(AnsibleError, match=r"Could not set ansible_host for host lxc1\.example\.org"):
        listed(oned, tmp_path, compose={"ansible_host": "one_template.IP"}, strict=True)


def test_what_oned_stores_is_never_rendered(oned: Oned, tmp_path: Path) -> None:
    oned.hosts[0].template["IP"] = "{{ lookup('pipe', 'id') }}"
    inventory = listed(oned, tmp_path, compose={"ansible_host": "one_template.IP"})
    assert inventory.hosts["kvm1"].vars["ansible_host"] == "{{ lookup('pipe', 'id') }}"


def test_the_password_may_be_an_option_and_a_template(
    oned: Oned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONE_PASSWORD", "wrong")
    (tmp_path / "password").write_text("secret\n")
    file = tmp_path / "password"
    inventory = listed(oned, tmp_path, api_password=f"{{{{ lookup('ansible.builtin.file', '{file}') }}}}")
    assert list(inventory.hosts) == ["kvm1", "lxc1.example.org"]


def test_a_password_from_the_environment_is_no_template(
    oned: Oned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oned.session = "oneadmin:{{ 6 * 7 }}"
    monkeypatch.setenv("ONE_PASSWORD", "{{ 6 * 7 }}")
    assert "kvm1" in listed(oned, tmp_path).hosts


def test_a_template_that_cannot_be_rendered_is_reported(oned: Oned, tmp_path: Path) -> None:
    with pytest.raises(AnsibleParserError, match=r"an option of the connection cannot be rendered: .*nowhere"):
        listed(oned, tmp_path, api_password="{{ nowhere }}")


def test_the_cache_answers_until_it_is_refreshed(oned: Oned, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}
    with served(oned) as url:
        path = write(tmp_path, api_url=url, api_password="secret", **options)
        first = parse(path)
        oned.add("new")
        assert list(parse(path).hosts) == ["kvm1", "lxc1.example.org"]
        assert groups(parse(path)) == groups(first)
        assert parse(path).hosts["kvm1"].vars["one_vms"] == [3, 4]
        assert oned.requests == 1
        assert "new" in parse(path, cache=False).hosts
        assert "new" in parse(path).hosts
        assert oned.requests == 2
    (kept,) = folder.iterdir()
    assert "secret" not in kept.read_text()


def test_an_oned_that_is_not_there_is_reported_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = options.client
    monkeypatch.setattr(
        options, "client", lambda given: replace(client(given), retry_limits=RetryLimits(connection_refused=0))
    )
    with served(Oned()) as url:
        pass
    with pytest.raises(AnsibleParserError, match="refuses connections: is oned running"):
        parse(write(tmp_path, api_url=url))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"api_url": "nonsense"}, "api_url 'nonsense' is not an address"),
        ({"kubeconfig": "/nowhere/config"}, "there is no kubeconfig at /nowhere/config"),
        ({"api_url": "http://one", "timeout": 0}, "timeout must be more than 0 and at most 3600 seconds"),
        ({"plugin": "other"}, "Incorrect plugin name in file: other"),
    ],
)
def test_mistakes_are_reported(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(AnsibleParserError, match=reason):
        parse(write(tmp_path, **options))


def test_a_password_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONE_PASSWORD")
    with pytest.raises(AnsibleError, match="api_password"):
        parse(write(tmp_path, api_url="http://one"))


@pytest.mark.parametrize(("name", "good"), [("one_hosts.yml", True), ("a.one_hosts.yaml", True), ("hosts.yml", False)])
def test_only_files_of_its_name_are_its_own(tmp_path: Path, name: str, good: bool) -> None:
    path = tmp_path / name
    path.write_text("")
    assert inventory_loader.get(NAME).verify_file(str(path)) is good
    assert inventory_loader.get(NAME).verify_file(f"{path}.one_hosts.yml") is False


def test_it_is_documented_with_the_options_of_the_modules() -> None:
    shown = ansible("doc", "--json", "-t", "inventory", NAME)
    assert shown.returncode == 0, shown.stderr
    entry = json.loads(shown.stdout)[NAME]
    documented = entry["doc"]["options"]
    for name, option in options.connection_spec().items():
        assert documented[name]["type"] == option["type"]
        assert documented[name].get("default") == option.get("default")
        assert [source["name"] for source in documented[name].get("env", [])] == option.get("fallback", ("", []))[1]
    assert {"compose", "groups", "keyed_groups", "strict", "cache", "cache_plugin"} <= documented.keys()
    for example in yaml.safe_load_all(entry["examples"]):
        assert example["plugin"] == NAME
        assert example.keys() <= documented.keys()


def test_ansible_inventory_lists_them(oned: Oned, tmp_path: Path) -> None:
    with served(oned) as url:
        ended = ansible("inventory", "-i", str(write(tmp_path, api_url=url)), "--graph")
    assert ended.returncode == 0, ended.stderr
    assert "@driver_lxc:\n  |  |--lxc1.example.org" in ended.stdout


def test_groups_have_names_that_ansible_takes() -> None:
    facts = {"cluster": "a b", "vm_mad": "kvm", "state": "MONITORING_INIT", "labels": ["ü", "1-2"]}
    assert one_hosts.group_names(facts) == ["cluster_a_b", "driver_kvm", "state_init", "label_ü", "label_1_2"]
