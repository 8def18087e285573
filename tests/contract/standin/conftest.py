# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import HttpTransport
from standin_cloud import SESSION, Cloud

MARIADB = os.environ.get("KUBENEBULA_TEST_MARIADB", "")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An installation on SQLite, not started."""
    yield from installed(Cloud(tmp_path / "one"))


@pytest.fixture(params=["sqlite", *(["mariadb"] if MARIADB else [])])
def recorded_cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Cloud]]:
    """The name of a recorded backend and an installation on it; MariaDB where KUBENEBULA_TEST_MARIADB names a database,
    which is emptied, as host:port:user:password:database."""
    database = 'BACKEND = "sqlite"'
    if request.param == "mariadb":
        host, port, user, password, name = MARIADB.split(":")
        driver = importlib.import_module("pymysql")
        with driver.connect(host=host, port=int(port), user=user, password=password) as db, db.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"CREATE DATABASE {name}")
        database = f'BACKEND = "mysql", SERVER = "{host}", PORT = {port}, USER = "{user}"'
        database += f', PASSWD = "{password}", DB_NAME = "{name}"'
    for cloud in installed(Cloud(tmp_path / "one", database)):
        yield request.param, cloud


def installed(cloud: Cloud) -> Iterator[Cloud]:
    yield cloud
    if cloud.process is not None:
        cloud.stop()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a running stand-in; with ONED_URL and ONED_AUTH (user:password) of that oned."""
    url = os.environ.get("ONED_URL", "")
    if url:
        yield Client(HttpTransport(url), *os.environ["ONED_AUTH"].split(":", 1))
        return
    cloud = Cloud(tmp_path_factory.mktemp("cloud") / "one")
    cloud.start()
    connected = Client(HttpTransport(cloud.url), *SESSION.split(":", 1))
    # Until the datastores are monitored, oned has no space for images.
    deadline = time.monotonic() + 20
    while "<FREE_MB>0<" in connected.read("one.datastore.info", 1, False) and time.monotonic() < deadline:
        time.sleep(0.2)
    yield connected
    cloud.stop()


@pytest.fixture
def command(tmp_path: Path, cloud: Cloud) -> Callable[[str, str], Path]:
    """Put a shell script of a name before everything else on the stand-in's PATH."""
    folder = tmp_path / "commands"
    folder.mkdir()
    cloud.path = f"{folder}:{cloud.path}"

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write
