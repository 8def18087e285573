# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The front-end's SSH key is changed for another, whatever ends the run, and no machine ever refuses the front-end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from cloud import HYPERVISORS, NAMESPACE, PROJECT, STATE, Cloud, machine, operators_environment, wait

KEYS = "/var/lib/one/.ssh/authorized_keys"
SECRET = "opennebula-ssh"
# what the drivers do, over a connection of its own: a shared one was let in long ago
LOG_IN = "ssh -n -o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o ConnectTimeout=5"
# those steps of docs/trust.md that change something
STEPS = (
    "Update the Secret of the SSH key and publish its public keys: add the new key (begin)",
    "Authorize the front-end's old and new SSH keys on the hypervisor",
    "Update the Secret of the SSH key and publish its public keys: use the new key (switch)",
    "Remove the front-end's old SSH key from the hypervisor",
    "Update the Secret of the SSH key and publish its public keys: remove the old key (finish)",
)


def key_text(public: str) -> str:
    return public.split()[1]


def authorized(name: str) -> str:
    content: str = machine(name).file(KEYS).content_string
    return content


def write(name: str, content: str) -> None:
    machine(name).check_output(f"printf %s {shlex.quote(content)} > {KEYS}")


def pod_keys(cloud: Cloud) -> str:
    """What the pod has of oneadmin's keys, in its files and in its agent."""
    return cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "/usr/libexec/kubenebula/held-keys")


def refused(cloud: Cloud) -> list[str]:
    """Which machines refuse the front-end now."""
    script = "; ".join(f"{LOG_IN} {name} true || echo {name}" for name in HYPERVISORS)
    return cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "sh", "-c", script).split()


def rotate_until(task: str, seconds: float = 0.4) -> bool:
    """Rotate, and kill the control node when a task has begun; return whether that was so."""
    environment = operators_environment()
    command = ["ansible-playbook", "playbooks/rotate_key.yml", "-i", "inventories/lab"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("TASK [") and f": {task}]" in line:
                time.sleep(seconds)
                os.killpg(run.pid, signal.SIGKILL)
                return True
    return False


class Watch(threading.Thread):
    """Logs in to every machine again and again, from the pod, and keeps what it saw."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        body = "; ".join(
            f"if {LOG_IN} {name} true; then echo in {name}; else echo refused {name}; fi" for name in HYPERVISORS
        )
        kubectl = [str(STATE / "bin/kubectl"), "--kubeconfig", str(STATE / "admin.conf"), "-n", NAMESPACE]
        script = ["exec", "opennebula-oned-0", "-c", "oned", "--", "sh", "-c", f"while :; do {body}; sleep 0.5; done"]
        self.process = subprocess.Popen(
            [*kubectl, *script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []

    def run(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.strip() for line in self.process.stdout)

    def end(self) -> list[str]:
        self.process.terminate()
        self.join(timeout=10)
        return self.lines


@pytest.fixture(autouse=True)
def finished(cloud: Cloud) -> Iterator[None]:
    """In whatever way a test ends, no rotation is under way afterwards."""
    yield
    if cloud.secret(SECRET).keys() != {"id_ed25519"}:
        cloud.playbook("rotate_key")


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    watch.start()
    yield watch
    watch.end()


@pytest.fixture
def operators_lines(cloud: Cloud) -> Iterator[str]:
    """Lines of the operator on each machine, the last without an end, after a key that an earlier cloud has left."""
    lines = "# mine\n\nssh-rsa AAAAmine me"
    before = {name: authorized(name) for name in HYPERVISORS}
    assert set(before.values()) == {cloud.public_key()}
    for name in HYPERVISORS:
        write(name, before[name] + "ssh-ed25519 AAAAstale kubenebula:earlier-cloud\n" + lines)
    yield lines
    for name in HYPERVISORS:
        write(name, authorized(name).removesuffix(lines))


def test_killed_at_each_step(cloud: Cloud, watch: Watch, operators_lines: str) -> None:
    """Each run goes past the step at which the one before was killed, and the last one finishes."""
    born, pod = cloud.public_key(), cloud.container("oned")
    for step in STEPS:
        assert rotate_until(step), f"no task was called {step}"
        assert refused(cloud) == [], f"after the kill at: {step}"
    done = cloud.playbook("rotate_key")
    assert done.returncode == 0, done.stdout[-3000:]

    key = cloud.public_key()
    assert len(key.splitlines()) == 1 and key_text(key) != key_text(born)
    assert cloud.secret(SECRET).keys() == {"id_ed25519"}
    assert pod_keys(cloud).splitlines() == [f"id_ed25519 {key_text(key)}", f"agent {key_text(key)}"]
    for name in HYPERVISORS:
        assert authorized(name) == key + operators_lines
    assert refused(cloud) == []
    seen = watch.end()
    assert [line for line in seen if not line.startswith("in ")] == []
    assert all(seen.count(f"in {name}") > len(STEPS) for name in HYPERVISORS)
    # monitoring went on, in the same container
    assert cloud.container("oned")["containerID"] == pod["containerID"]
    cloud.wait_until_monitored(time.time() - 60)
    assert "PRIVATE KEY" not in done.stdout
    # a deleted pod has a second to end
    kinds = "pods,roles,rolebindings,serviceaccounts"
    wait(lambda: "rotate-key" not in cloud.kubectl("get", kinds, "-o", "name"), 10)


def test_a_machine_that_is_away_keeps_the_old_key(cloud: Cloud, power_back: Callable[[], None]) -> None:
    old = cloud.public_key()
    done = cloud.playbook("rotate_key")
    assert done.returncode != 0
    new = cloud.public_key()
    assert key_text(new) != key_text(old)
    (sentence,) = [
        line for line in done.stdout.splitlines() if "the old one stays valid" in line and "msg" not in line
    ][:1]
    assert "lxc1" in sentence + done.stdout and "kvm1:" not in sentence
    assert key_text(old) not in authorized("kvm1") and key_text(new) in authorized("kvm1")

    power_back()
    assert refused(cloud) == []
    assert key_text(new) not in authorized("lxc1")
    done = cloud.playbook("rotate_key")
    assert done.returncode == 0, done.stdout[-3000:]
    assert cloud.public_key() == new
    for name in HYPERVISORS:
        assert key_text(old) not in authorized(name) and key_text(new) in authorized(name)
    assert cloud.secret(SECRET).keys() == {"id_ed25519"}
    assert refused(cloud) == []


def test_a_key_of_the_operator_is_left_alone(cloud: Cloud) -> None:
    """A pod of a release whose key is in a Secret that somebody else manages."""
    pod = json.loads(cloud.kubectl("get", "pod", "opennebula-oned-0", "-o", "json"))
    container = {name: pod["spec"]["containers"][0][name] for name in ("name", "image", "securityContext")}
    other = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "other-oned-0",
            "labels": {**pod["metadata"]["labels"], "app.kubernetes.io/instance": "other"},
        },
        "spec": {
            "containers": [{**container, "command": ["sleep", "600"]}],
            "volumes": [{"name": "ssh", "secret": {"secretName": "opennebula-ssh"}}],
            "securityContext": pod["spec"]["securityContext"],
        },
    }
    cloud.kubectl("apply", "-f", "-", text=json.dumps(other))
    try:
        cloud.kubectl("wait", "pod/other-oned-0", "--for=condition=Ready", "--timeout=60s")
        done = cloud.playbook("rotate_key", "-e", "control_plane_release=other")
    finally:
        cloud.kubectl("delete", "pod", "other-oned-0", "--grace-period=0", "--force")
    assert done.returncode != 0
    assert "The key is in the Secret opennebula-ssh, which you named in global.secrets.ssh" in " ".join(
        done.stdout.split()
    )


def test_check_mode_changes_nothing(cloud: Cloud) -> None:
    before = cloud.secret(SECRET), {name: authorized(name) for name in HYPERVISORS}
    done = cloud.playbook("rotate_key", "--check")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "A new key pair would be created" in " ".join(done.stdout.split())
    assert (cloud.secret(SECRET), {name: authorized(name) for name in HYPERVISORS}) == before
