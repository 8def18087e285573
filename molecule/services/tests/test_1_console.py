# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The page, and the console of a real virtual machine: WebSocket, FireEdge, guacd, VNC of QEMU on a hypervisor."""

from __future__ import annotations

import urllib.request

import pytest
import websocket
from browser import Console, Watch, console_token
from cloud import HYPERVISORS, Cloud, wait
from web import service, status


@pytest.fixture(scope="module")
def fireedge(cloud: Cloud) -> str:
    return service(cloud, "fireedge")


def test_the_page(fireedge: str) -> None:
    with urllib.request.urlopen(f"http://{fireedge}/", timeout=10) as answer:
        assert answer.url.endswith("/fireedge/sunstone")
        assert "text/html" in answer.headers["content-type"]


def test_the_api_asks_for_a_password(fireedge: str) -> None:
    assert status(f"http://{fireedge}/fireedge/api/hostpool/info") == 401


def test_the_screen_of_a_virtual_machine(cloud: Cloud, fireedge: str, watch: Watch) -> None:
    console = Console(fireedge, console_token(cloud, HYPERVISORS["kvm1"], watch.port))
    seen = console.until({"ready", "size", "img"}, 60)
    assert {"ready", "size", "img"} <= seen.keys(), seen
    # longer than FireEdge waits for data: what is idle is kept up by the syncs of both sides
    assert "sync" in console.until({"never"}, 15)
    console.close()


def test_a_machine_without_a_screen_says_so(cloud: Cloud, fireedge: str) -> None:
    def says_so() -> bool:
        console = Console(fireedge, console_token(cloud, HYPERVISORS["lxc1"], 5900))
        return "Aborted" in console.until({"error"}, 20)["error"]

    # guacd may be gone before its last word has been read
    wait(says_so, 60)


def test_without_a_token_there_is_no_console(fireedge: str) -> None:
    """It would end FireEdge's log, so what is in front of it refuses."""
    with pytest.raises(websocket.WebSocketBadStatusException, match="400"):
        websocket.create_connection(f"ws://{fireedge}/fireedge/guacamole", timeout=20, subprotocols=["guacamole"])
