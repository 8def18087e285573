# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Who may call: services that speak for users, and users that only a driver knows."""

from __future__ import annotations

import base64
import hashlib
import time
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from standin_cloud import Cloud

REFUSED = [False, "[one.user.info] User couldn't be authenticated, aborting call.", 256, -1, -1]
# Takes one secret; carol is in a group that only members see.
DRIVER = """#!/bin/sh
document=$(cat)
case $document in
  *"<USERNAME>carol</USERNAME>"*"<SECRET>a &lt; b</SECRET>"*) echo "ldap carol uid=carol,dc=example $(cat {groups})" ;;
  *) echo "Bad user/password" >&2; exit 255 ;;
esac
"""


def session(cloud: Cloud, user: str, account: str = "serveradmin", seconds: int = 60, password: str = "") -> str:
    """As services make one of their own password: serveradmin speaks for a user."""
    password = password or (cloud.var / ".one/oneflow_auth").read_text().strip().partition(":")[2]
    key = hashlib.sha256(password.encode()).hexdigest()[:32].encode()
    padder = padding.PKCS7(128).padder()
    text = padder.update(f"{account}:{user}:{int(time.time()) + seconds}".encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    token = base64.b64encode(encryptor.update(text) + encryptor.finalize()).decode()
    return f"serveradmin:{user}:{token}"


def who(answer: list[Any]) -> tuple[str | None, list[str]]:
    assert answer[0], answer
    user = ET.fromstring(answer[1])
    return user.findtext("NAME"), [group.text or "" for group in user.iterfind("GROUPS/ID")]


def test_a_service_speaks_for_any_user(cloud: Cloud) -> None:
    cloud.start()
    cloud.call("one.user.allocate", "alice", "secret", "")
    for name in ("serveradmin", "oneadmin", "alice"):
        assert who(cloud.call("one.user.info", -1, session=session(cloud, name)))[0] == name


@pytest.mark.parametrize(
    "given",
    [
        {"user": "nobody"},
        {"user": "oneadmin", "seconds": -1},
        {"user": "oneadmin", "account": "alice"},
        {"user": "oneadmin", "password": "wrong"},
    ],
)
def test_a_service_that_does_not_prove_itself_is_refused(cloud: Cloud, given: dict[str, Any]) -> None:
    cloud.start()
    assert cloud.call("one.user.info", -1, session=session(cloud, **given)) == REFUSED


@pytest.mark.parametrize("token", ["", "oneadmin", "oneadmin:", "oneadmin:AAAA", "oneadmin:not base64", "oneadmin:é"])
def test_what_is_no_token_is_refused(cloud: Cloud, token: str) -> None:
    cloud.start()
    assert cloud.call("one.user.info", -1, session=f"serveradmin:{token}") == REFUSED


def test_a_user_is_made_when_the_driver_knows_it(cloud: Cloud) -> None:
    groups, driver = cloud.home / "groups", cloud.var / "remotes/auth/ldap/authenticate"
    cloud.oned_conf.write_text(cloud.oned_conf.read_text() + 'DEFAULT_AUTH = "ldap"\n')
    driver.parent.mkdir(parents=True)
    driver.write_text(DRIVER.format(groups=groups))
    driver.chmod(0o755)
    cloud.start()
    staff = cloud.call("one.group.allocate", "staff")[1]
    groups.write_text(f"{staff} 1")
    assert cloud.call("one.user.info", -1, session="carol:wrong") == REFUSED
    assert "carol" not in cloud.call("one.userpool.info")[1]
    assert who(cloud.call("one.user.info", -1, session="carol:a < b")) == ("carol", ["1", str(staff)])
    groups.write_text("1")
    assert who(cloud.call("one.user.info", -1, session="carol:a < b")) == ("carol", ["1"])
    text = cloud.call("one.userpool.info")[1]
    assert text.count("<NAME>carol</NAME>") == 1 and "<AUTH_DRIVER><![CDATA[ldap]]>" in text
    user = int(ET.fromstring(cloud.call("one.user.info", -1, session="carol:a < b")[1]).findtext("ID", ""))
    assert cloud.call("one.user.enable", user, False)[0]
    assert cloud.call("one.user.info", -1, session="carol:a < b") == REFUSED
    assert "Bad user/password" in cloud.log("oned.log")


def test_a_driver_that_is_not_there_knows_nobody(cloud: Cloud) -> None:
    cloud.start()
    assert cloud.call("one.user.info", -1, session="carol:secret") == REFUSED
    assert "Authentication driver 'default' not available" in cloud.log("oned.log")
