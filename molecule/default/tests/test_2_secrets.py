# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""No generated secret is anywhere but in its Secret."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud import HYPERVISORS, STATE, Cloud, machine
from testinfra.host import Host

SECRETS = ("oneadmin", "one-key", "ssh", "sshd", "database", "serveradmin", "fireedge-key")
SERVICES = ("fireedge", "flow", "gate")


@pytest.fixture(scope="module")
def needles(cloud: Cloud) -> set[str]:
    """Every secret as it is and as base64; of a private key each line that is not a frame."""
    found = set()
    for name in SECRETS:
        for key, value in cloud.secret(f"opennebula-{name}").items():
            if key != "username":
                lines = [line for line in value.splitlines() if line and not line.startswith("-----")]
                # the first line of a key in OpenSSH's format is the same in all
                found |= set(lines[1:] if len(lines) > 1 else lines)
                found.add(base64.b64encode(value.encode()).decode())
    assert len(found) > 10 and all(len(needle) > 5 for needle in found)
    return {needle for needle in found if len(needle) > 15}


def test_the_output_of_a_second_run_which_changes_nothing(cloud: Cloud, needles: set[str]) -> None:
    since = time.monotonic()
    done = cloud.playbook("site", "-vvv", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    assert set(re.findall(r"changed=(\d+)", done.stdout)) == {"0"}
    assert time.monotonic() - since < 90
    output = done.stdout + done.stderr
    assert "opennebula-public-keys" in output, "this is not the output of a verbose run"
    assert not [needle for needle in needles if needle in output]


def test_config_maps_and_pods(cloud: Cloud, needles: set[str]) -> None:
    objects = cloud.kubectl("get", "configmaps,pods,deployments,statefulsets,jobs,services", "-o", "yaml")
    assert "MASTER_ONED" in objects
    assert not [needle for needle in needles if needle in objects]


def test_arguments_and_logs(cloud: Cloud, needles: set[str]) -> None:
    arguments = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "oned -f" in arguments, "the pods' processes are not in this list"
    for name in HYPERVISORS:
        arguments += machine(name).check_output("ps axww -o args")
    logs = cloud.kubectl("logs", "opennebula-oned-0", "--all-containers", "--tail=-1")
    for service in SERVICES:
        logs += cloud.kubectl("logs", f"deployment/opennebula-{service}", "--tail=-1")
    assert not [needle for needle in needles if needle in arguments + logs]


def test_files_that_the_database_password_is_in_are_private(front_end: Host, cloud: Cloud) -> None:
    password = cloud.secret("opennebula-database")["password"]
    places = "/run/one /var/lib/one /var/log/one /tmp"
    files = front_end.run(f"grep -rlF -- {password} {places} 2>/dev/null").stdout.split()
    assert set(files) == {"/run/one/oned.conf", "/run/one/database.cnf"}
    for path in files:
        assert front_end.file(path).mode == 0o600, path


def test_any_password_of_the_database_reaches_it(front_end: Host, cloud: Cloud) -> None:
    """A real client reads it from the option file, with the characters that mean something there, in SQL or a shell."""
    password = "a\\sb\\tc9 \"#';%$`\\\\n !ä"
    literal = password.replace("\\", "\\\\").replace("'", "''")
    root = 'exec mariadb --user=root --password="$(cat /run/secrets/database/root-password)"'
    sql = ["exec", "-i", "opennebula-mariadb-0", "--", "sh", "-c", root]
    cloud.kubectl(*sql, text=f"CREATE OR REPLACE USER guest IDENTIFIED BY '{literal}';")
    try:
        encoded = base64.b64encode(password.encode()).decode()
        write = "DATABASE_USER=guest /usr/libexec/kubenebula/database-options > $HOME/guest.cnf"
        options = f"echo {encoded} | base64 -d | {write}"
        client = 'mariadb --defaults-file=$HOME/guest.cnf --batch --skip-column-names --execute "SELECT USER()"'
        dump = "mariadb-dump --defaults-file=$HOME/guest.cnf --help > /dev/null"
        assert front_end.check_output(f"HOME=/run/one; umask 77; {options}; {client}; {dump}").startswith("guest@")
    finally:
        front_end.run("rm -f /run/one/guest.cnf")
        cloud.kubectl(*sql, text="DROP USER guest;")


def test_no_key_is_in_a_layer_of_an_image(cloud: Cloud, needles: set[str], tmp_path: Path) -> None:
    """Every layer by itself: what a later layer deletes is still there for whoever pulls the image."""
    workloads = ["statefulset/opennebula-oned", *(f"deployment/opennebula-{service}" for service in SERVICES)]
    found = json.loads(cloud.kubectl("get", *workloads, "-o", "json"))["items"]
    images = {item["spec"]["template"]["spec"]["containers"][0]["image"] for item in found}
    assert len(images) == len(workloads)
    archive = tmp_path / "images.tar"
    docker = [STATE / "bin/docker", "-H", "unix:///run/kubenebula-lab/docker.sock"]
    with archive.open("wb") as target:
        subprocess.run([*docker, "save", *images], stdout=target, check=True)
    forbidden = re.compile(r"(^|/)(\.one/.+|ssh_host_.*key|\.ssh/id_.+|one_auth|one_key|fireedge_key)$")
    for layer in layers(archive):
        for item in layer:
            assert not forbidden.search(item.name), item.name
            if item.isfile() and item.size < 100_000:
                text = layer.extractfile(item).read()
                assert b"PRIVATE KEY-----\nb3Blbn" not in text, item.name
                assert not [needle for needle in needles if needle.encode() in text], item.name


def layers(archive: Path) -> Iterator[tarfile.TarFile]:
    """Yield each layer of the images that `docker save` writes: tar files in a tar file, named by its manifest."""
    with tarfile.open(archive) as saved:
        manifest = json.load(saved.extractfile("manifest.json"))
        assert all(len(image["Layers"]) >= 4 for image in manifest)
        for name in sorted({name for image in manifest for name in image["Layers"]}):
            with tarfile.open(fileobj=saved.extractfile(name)) as layer:
                yield layer
