# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""From outside: by HTTPS and a name through an Ingress, for users of the cloud and of a directory, to two pods."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import yaml
from conftest import HYPERVISORS, PROJECT, STATE, Cloud, machine, wait
from web import HOST, Console, console_token, deploy, pods

CA = str(STATE / "pki/ca.crt")
LAB = PROJECT / "molecule/lab/lab.sh"
NODE = "10.66.0.1"
SITE = f"https://{HOST}"
DIRECTORY = {
    "lab": {
        ":host": NODE,
        ":port": 389,
        ":user": "cn=opennebula,dc=lab,dc=test",
        ":password": "searches",
        ":base": "dc=lab,dc=test",
        ":group": "cn=cloud,dc=lab,dc=test",
        ":user_field": "uid",
        ":mapping_filename": "lab.yaml",
        ":mapping_timeout": 1,
    },
    ":order": ["lab"],
}
WATCHED_SECONDS = 300


class Visitor(requests.Session):
    """A browser: it has cookies, and a session once it has logged in."""

    def __init__(self) -> None:
        super().__init__()
        # what the machine has for the internet does not concern it
        self.trust_env = False
        self.verify = CA

    def login(self, name: str, password: str) -> int:
        answer = self.post(f"{SITE}/fireedge/api/auth", json={"user": name, "token": password}, timeout=60)
        if answer.ok:
            self.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
        return answer.status_code

    def status(self, path: str) -> int:
        return self.get(f"{SITE}/fireedge/api/{path}", timeout=60).status_code


@pytest.fixture(scope="module", autouse=True)
def by_name() -> Iterator[None]:
    """The site's DNS has the name."""
    resolve = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            socket, "getaddrinfo", lambda host, *rest, **more: resolve(NODE if host == HOST else host, *rest, **more)
        )
        yield


@pytest.fixture(scope="module", autouse=True)
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two pods of FireEdge behind an Ingress, and a directory."""
    cloud.lab("ingress")
    cloud.lab("directory")
    conf = tmp_path_factory.mktemp("ldap") / "ldap_auth.conf"
    conf.write_text(yaml.safe_dump(DIRECTORY))
    tls = [f"--cert={STATE}/pki/site.crt", f"--key={STATE}/pki/site.key"]
    cloud.kubectl("create", "secret", "tls", "site", *tls)
    cloud.kubectl("create", "secret", "generic", "directory", f"--from-file={conf}")
    ingress = {"ingress_host": HOST, "ingress_controller": "traefik", "ingress_tls_secret": "site"}
    deploy(cloud, **ingress, ldap_secret="directory", fireedge_replicas=2)
    yield
    deploy(cloud)
    cloud.kubectl("delete", "secret", "site", "directory")


@pytest.fixture(scope="module")
def oneadmin(cloud: Cloud) -> Visitor:
    visitor = Visitor()
    assert visitor.login("oneadmin", cloud.secret("opennebula-oneadmin")["password"]) == 200
    return visitor


@pytest.fixture(scope="module")
def console(cloud: Cloud) -> Iterator[Callable[[], Console]]:
    """A console that is opened before everything else, and had back when it has been open for five minutes."""
    cloud.lab("guest-start", "kvm1", "watched")
    display = machine("kvm1").check_output("virsh --connect qemu:///system vncdisplay watched")
    opened = Console(
        HOST, console_token(cloud, HYPERVISORS["kvm1"], 5900 + int(display.strip().rpartition(":")[2])), CA
    )
    browser = ThreadPoolExecutor(1)
    watched = browser.submit(opened.until, {"never"}, WATCHED_SECONDS)

    def had_back() -> Console:
        assert {"ready", "size", "img"} <= watched.result().keys()
        return opened

    yield had_back
    # which ends the watching as well
    opened.close()
    browser.shutdown()
    cloud.lab("guest-stop", "kvm1", "watched")


@pytest.mark.usefixtures("console")
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


def test_a_console_still_draws_after_five_minutes(console: Callable[[], Console]) -> None:
    opened = console()
    machine("kvm1").check_output("virsh --connect qemu:///system reset watched")
    seen = opened.until({"img", "sync"}, 30)
    assert {"img", "sync"} <= seen.keys(), seen.keys()


@pytest.fixture
def crowd(cloud: Cloud) -> Iterator[list[Visitor]]:
    """Twenty users, logged in: two log-ins of one user within a second give the same session."""
    ids = [cloud.call("one.user.allocate", f"visitor{number}", "password", "core") for number in range(20)]
    visitors = [Visitor() for _number in ids]
    assert {visitor.login(f"visitor{number}", "password") for number, visitor in enumerate(visitors)} == {200}
    yield visitors
    for number in ids:
        cloud.call("one.user.delete", number)


def test_twenty_users_stay_with_the_pod_that_knows_them(cloud: Cloud, crowd: list[Visitor]) -> None:
    with ThreadPoolExecutor(10) as browsers:
        assert set(browsers.map(lambda turn: crowd[turn % 20].status("user/info/-1"), range(200))) == {200}
    by_pod = {
        cookie: [visitor for visitor in crowd if visitor.cookies["fireedge"] == cookie] for cookie in cookies(crowd)
    }
    assert len(by_pod) == 2, by_pod

    gone = pods(cloud, "fireedge")[0]["metadata"]["name"]
    cloud.kubectl("delete", "pod", gone, "--grace-period=1")
    wait(lambda: len(pods(cloud, "fireedge")) == 2 and all_ready(cloud), 120)
    states = [{visitor.status("user/info/-1") for visitor in visitors} for visitors in by_pod.values()]
    assert sorted(states, key=sorted) == [{200}, {401}]


def cookies(crowd: list[Visitor]) -> set[str]:
    """Those by which the Ingress controller knows pods."""
    return {visitor.cookies["fireedge"] for visitor in crowd}


def all_ready(cloud: Cloud) -> bool:
    conditions = [
        item for pod in pods(cloud, "fireedge") for item in pod["status"]["conditions"] if item["type"] == "Ready"
    ]
    return [condition["status"] for condition in conditions] == ["True", "True"]
