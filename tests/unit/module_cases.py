# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Every module, one object that it can declare, and a way to run it as Ansible does, without a process of its own."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from cloud_model import Cloud

Item = dict[str, Any]
Result = dict[str, Any]
PACKAGE = "ansible_collections.kubenebula.opennebula.plugins.modules."


@dataclass(frozen=True)
class ModuleCase:
    """A module that declares objects.

    option: lists them. item: one named a1, its template not included; None where an object is a text. free: whether it
    has a template.
    """

    name: str
    option: str
    item: Item | str
    free: bool = True

    def items(self, name: str = "a1", template: Item | None = None) -> list[Any]:
        if isinstance(self.item, str):
            return [self.item]
        return [{**self.item, "name": name, **({"template": template} if template is not None else {})}]

    def absent(self, name: str = "a1") -> list[Any]:
        return [self.item] if isinstance(self.item, str) else [{"name": name}]


CASES = {
    case.name: case
    for case in (
        ModuleCase("one_acl", "rules", "#0 DOCUMENT/#98765 USE", free=False),
        ModuleCase("one_cluster", "clusters", {}),
        ModuleCase("one_datastore", "datastores", {"ds_mad": "fs", "tm_mad": "ssh", "clusters": ["default"]}),
        ModuleCase("one_group", "groups", {}),
        ModuleCase("one_hook", "hooks", {"type": "api", "command": "/bin/true"}),
        ModuleCase("one_host", "hosts", {"im_mad": "none", "vmm_mad": "none", "cluster": "default"}),
        ModuleCase("one_image", "images", {"datastore": "default", "size": 1, "type": "datablock"}),
        ModuleCase("one_marketplace", "marketplaces", {"market_mad": "http"}),
        ModuleCase("one_template", "templates", {}),
        ModuleCase("one_user", "users", {"password": "f1rst-passw0rd", "groups": ["users"]}),
        ModuleCase(
            "one_vnet",
            "vnets",
            {"vn_mad": "dummy", "bridge": "br0", "ranges": [{"type": "IP4", "ip": "10.0.0.1", "size": 3}]},
        ),
        ModuleCase("one_zone", "zones", {"endpoint": "http://zone.example.org:2633/RPC2"}),
    )
}
# Attributes without which oned does not take an object of this kind.
NEEDED = {
    "one_hook": {"CALL": "one.vm.allocate"},
    "one_marketplace": {"BASE_URL": "http://127.0.0.1/", "PUBLIC_DIR": "/tmp"},
}
INFO = [f"{name}_info" for name in CASES]


def cloud() -> Cloud:
    """What a new oned holds."""
    made = Cloud()
    made.put("cluster", "default", id=0)
    made.put("datastore", "default", {"TYPE": "IMAGE_DS"}, id=1)
    for number, name in enumerate(("oneadmin", "users")):
        made.put("group", name, id=number)
    for number, name in enumerate(("oneadmin", "serveradmin")):
        made.put("user", name, id=number, groups=[0])
    made.put("zone", "OpenNebula", {"ENDPOINT": "http://localhost:2633/RPC2"}, id=0)
    return made


def load(name: str) -> Any:
    return importlib.import_module(PACKAGE + name)


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Item], Result]:
    """Runs a module with these options and returns what it prints, which has to be one JSON object and nothing else."""
    for name in ("ONE_URL", "ONE_USERNAME", "ONE_PASSWORD", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)

    def call(name: str, options: Item) -> Result:
        with patch_module_args(options), pytest.raises(SystemExit) as ended:
            load(name).main()
        said = capsys.readouterr()
        result: Result = json.loads(said.out)
        assert said.err == ""
        assert (ended.value.code == 0) is not result.get("failed", False)
        return result

    return call
