# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The cloud on the lab, as its operator and its users reach it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
import yaml
from testinfra.host import Host

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
STATE = Path("/var/lib/kubenebula-lab")
NAMESPACE = "opennebula"
INVENTORY = yaml.safe_load((PROJECT / "inventories/lab/hosts.yml").read_text())
HYPERVISORS = {name: host["ansible_host"] for name, host in INVENTORY["hypervisors"]["hosts"].items()}
# one that joins and leaves
SPARE = {"lxc2": "10.66.0.14"}
MONITORED = "2"

# runs in the pod, with the session that oned's own tools use
CALL = """
import json, pathlib, sys, xmlrpc.client
method, params = json.load(sys.stdin)
session = pathlib.Path("/var/lib/one/.one/one_auth").read_text().strip()
proxy = xmlrpc.client.ServerProxy("http://opennebula-oned:2633/RPC2")
print(json.dumps(getattr(proxy, method)(session, *params)))
"""


class Cloud:
    """What a test can do with the cloud."""

    @staticmethod
    def kubectl(*arguments: str, text: str | None = None, check: bool = True) -> str:
        """Run kubectl in the cloud's namespace and return what it prints."""
        command = [str(STATE / "bin/kubectl"), "--kubeconfig", str(STATE / "admin.conf"), "-n", NAMESPACE, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    @staticmethod
    def helm(*arguments: str) -> str:
        """Run Helm in the cloud's namespace and return what it prints."""
        command = [str(STATE / "bin/helm"), "--kubeconfig", str(STATE / "admin.conf"), "-n", NAMESPACE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @staticmethod
    def lab(*arguments: str) -> None:
        subprocess.run([PROJECT / "molecule/lab/lab.sh", *arguments], check=True)

    @staticmethod
    def playbook(name: str, *arguments: str, inventory: str = "inventories/lab") -> subprocess.CompletedProcess[str]:
        """Run a playbook of the collection, against the lab's inventory unless another is named."""
        return run_playbook(f"playbooks/{name}.yml", "-i", inventory, *arguments)

    def call(self, method: str, *params: Any) -> Any:
        """Call oned through its Service, from the pod; return the value of a call that succeeds."""
        script = ["exec", "-i", "opennebula-oned-0", "-c", "oned", "--", "python3", "-c", CALL]
        success, value, *_code = json.loads(self.kubectl(*script, text=json.dumps([method, params])))
        assert success, value
        return value

    def hosts(self) -> dict[str, ET.Element]:
        """Return name -> HOST element of all hosts oned knows."""
        pool = ET.fromstring(self.call("one.hostpool.info"))
        return {host.findtext("NAME", ""): host for host in pool.findall("HOST")}

    def container(self, name: str) -> dict[str, Any]:
        """Return the status of a container of oned's pod."""
        pod = json.loads(self.kubectl("get", "pod", "opennebula-oned-0", "-o", "json"))
        (status,) = [item for item in pod["status"]["containerStatuses"] if item["name"] == name]
        return dict(status)

    def secret(self, name: str) -> dict[str, str]:
        data = json.loads(self.kubectl("get", "secret", name, "-o", "json"))["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def public_key(self) -> str:
        data = json.loads(self.kubectl("get", "configmap", "opennebula-public-keys", "-o", "json"))["data"]
        key: str = data["authorized_keys"]
        return key

    def identity(self) -> dict[str, Any]:
        """Return what a user would miss if it changed: keys, passwords, and the hosts with their ids."""
        return {
            "public key": self.public_key(),
            "oneadmin": self.secret("opennebula-oneadmin"),
            "one_key": self.secret("opennebula-one-key"),
            "hosts": {name: host.findtext("ID") for name, host in self.hosts().items()},
        }

    def wait_until_monitored(self, since: float, seconds: int = 180) -> None:
        """Wait until oned has heard of both hosts since a moment, and calls them MONITORED."""

        def heard() -> bool:
            hosts = self.hosts()
            # the pool does not say when a host was heard of last
            for name in HYPERVISORS:
                host = ET.fromstring(self.call("one.host.info", int(hosts[name].findtext("ID", ""))))
                if host.findtext("STATE") != MONITORED or int(host.findtext("MONITORING/TIMESTAMP", "0")) < since:
                    return False
            return True

        wait(heard, seconds)


def operators_environment() -> dict[str, str]:
    """The environment in which an operator runs Ansible: molecule sets variables for its own runs."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return environment | {"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}


def run_playbook(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook, as an operator does."""
    command = ["ansible-playbook", path, *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=operators_environment(), capture_output=True, text=True, check=False
    )


def wait(condition: Callable[[], bool], seconds: int) -> None:
    """Wait until a condition holds; its exceptions count as no."""
    end = time.monotonic() + seconds
    problem: object = ""
    while time.monotonic() < end:
        try:
            if condition():
                return
            problem = "it does not hold"
        except Exception as error:
            problem = error
        time.sleep(1)
    pytest.fail(f"waited {seconds} s for {condition.__name__}: {problem}")


@pytest.fixture(scope="session")
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def away() -> str:
    """The machine that is without power where a test asks for power_back."""
    return "lxc1"


@pytest.fixture
def power_back(cloud: Cloud, away: str) -> Iterator[Callable[[], None]]:
    """A machine loses its power until this is called, or the test ends in whatever way."""

    def start() -> None:
        cloud.lab("host-start", away)

    cloud.lab("host-stop", away)
    try:
        yield start
    finally:
        start()


@pytest.fixture(scope="session")
def front_end() -> Host:
    return oned_container()


def oned_container() -> Host:
    """The container in which oned runs."""
    options = f"container=oned&namespace={NAMESPACE}&kubeconfig={STATE / 'admin.conf'}"
    os.environ["PATH"] = f"{STATE / 'bin'}:{os.environ['PATH']}"
    return testinfra.get_host(f"kubectl://opennebula-oned-0?{options}")


@pytest.fixture(params=HYPERVISORS)
def hypervisor(request: pytest.FixtureRequest) -> Host:
    """Each of the machines outside of the cluster, as root."""
    return machine(request.param)


def machine(name: str) -> Host:
    known = f"-o UserKnownHostsFile={STATE / 'ssh/known_hosts'} -o StrictHostKeyChecking=yes"
    return testinfra.get_host(
        f"ssh://root@{(HYPERVISORS | SPARE)[name]}",
        ssh_identity_file=str(STATE / "ssh/id_ed25519"),
        ssh_extra_args=known,
    )
