# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""From outside: by HTTPS and a name through an Ingress, for users of the cloud and of a directory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CA, SITE, Visitor
from cloud import HYPERVISORS, PROJECT, STATE, Cloud, wait
from web import HOST, NODE

LAB = PROJECT / "molecule/lab/lab.sh"


@pytest.fixture(scope="module")
def oneadmin(cloud: Cloud) -> Visitor:
    visitor = Visitor()
    assert visitor.login("oneadmin", cloud.secret("opennebula-oneadmin")["password"]) == 200
    return visitor


def test_the_page_in_a_browser() -> None:
    """Its picture is kept in build/services."""
    picture = PROJECT / "build/services/login.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.unlink(missing_ok=True)
    found = subprocess.run([LAB, "browser"], capture_output=True, text=True, check=True).stdout.strip()
    key = subprocess.run(
        ["openssl", "x509", "-in", STATE / "pki/site.crt", "-noout", "-pubkey"], capture_output=True, check=True
    )
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, capture_output=True, check=True
    )
    trusted = base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()
    chromium = [
        found,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=800,600",
        "--virtual-time-budget=5000",
    ]
    chromium += [f"--host-resolver-rules=MAP {HOST} {NODE}", f"--ignore-certificate-errors-spki-list={trusted}"]
    with tempfile.TemporaryDirectory() as profile:
        chromium.append(f"--user-data-dir={profile}")
        command = [*chromium, f"--screenshot={picture}", "--dump-dom", f"{SITE}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert 'type="password"' in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nobody_is_let_in_with_a_wrong_password() -> None:
    assert Visitor().login("oneadmin", "wrong") == 401
    assert Visitor().status("hostpool/info") == 401


def test_oneadmin_sees_the_hosts(oneadmin: Visitor) -> None:
    pool = ET.fromstring(oneadmin.get(f"{SITE}/fireedge/api/hostpool/info").json()["data"])
    # others may join meanwhile
    assert {host.findtext("NAME") for host in pool} >= set(HYPERVISORS)


@pytest.fixture
def developers(cloud: Cloud) -> Iterator[None]:
    """A group of the cloud that names one of the directory; whoever joins it leaves with it."""
    group = cloud.call("one.group.allocate", "developers")
    cloud.call("one.group.update", group, 'GROUP_DN="CN=developers,DC=lab,DC=test"', 1)
    yield
    for user in ET.fromstring(cloud.call("one.userpool.info")).findall("USER"):
        if user.findtext("GNAME") == "developers":
            cloud.call("one.user.delete", int(user.findtext("ID", "")))
    cloud.call("one.group.delete", group)


@pytest.mark.usefixtures("developers")
def test_a_user_of_the_directory(cloud: Cloud) -> None:
    """Is known at the first log-in, in the group of the cloud that names a group of the directory."""
    carol = Visitor()
    assert carol.login("carol", "someone else's") == 401
    assert carol.login("carol", "carol's own") == 200
    user = ET.fromstring(carol.get(f"{SITE}/fireedge/api/user/info/-1").json()["data"])
    assert (user.findtext("NAME"), user.findtext("AUTH_DRIVER"), user.findtext("GNAME")) == (
        "carol",
        "ldap",
        "developers",
    )
    # in the directory, but not in the group of those who may use the cloud
    assert Visitor().login("dave", "dave's own") == 401


def test_an_upload_arrives_where_oned_reads_it_and_goes_when_the_image_is_made(
    cloud: Cloud, oneadmin: Visitor, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        for _megabyte in range(200):
            file.write(os.urandom(1 << 20))
    command = ["curl", "--fail", "--silent", "--show-error", "--cacert", CA, "--resolve", f"{HOST}:443:{NODE}"]
    command += ["--header", f"Authorization: {oneadmin.headers['Authorization']}", "--form", f"files=@{disk}"]
    command += ["--cookie", "; ".join(f"{name}={value}" for name, value in oneadmin.cookies.items())]
    done = subprocess.run([*command, f"{SITE}/fireedge/api/image/upload"], capture_output=True, text=True, check=True)
    (path,) = json.loads(done.stdout)["data"]
    oned = ("exec", "opennebula-oned-0", "-c", "oned", "--")
    digest = subprocess.run(["sha256sum", disk], capture_output=True, text=True, check=True).stdout.split()[0]
    assert cloud.kubectl(*oned, "sha256sum", path).split() == [digest, path]
    stores = ET.fromstring(cloud.call("one.datastorepool.info"))
    store = next(int(item.findtext("ID", "")) for item in stores if item.findtext("NAME") == "lab-images")
    image = cloud.call("one.image.allocate", f'NAME=uploaded PATH="{path}" TYPE=OS', store)
    try:
        wait(lambda: ET.fromstring(cloud.call("one.image.info", image)).findtext("STATE") == "1", 60)
        cloud.kubectl(*oned, "/usr/libexec/kubenebula/clean-uploads")
        assert cloud.kubectl(*oned, "ls", str(Path(path).parent)).split() == []
    finally:
        cloud.call("one.image.delete", image)
