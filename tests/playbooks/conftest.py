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
