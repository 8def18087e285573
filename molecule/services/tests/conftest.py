# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The site's name, and a console that is open all the while."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from browser import Watch
from cloud import Cloud, machine
from web import HOST, NODE


@pytest.fixture(scope="session", autouse=True)
def by_name() -> Iterator[None]:
    """The site's DNS has the name."""
    resolve = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            socket, "getaddrinfo", lambda host, *rest, **more: resolve(NODE if host == HOST else host, *rest, **more)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def watch(cloud: Cloud, by_name: None) -> Iterator[Watch]:
    """The console of a real virtual machine, opened before everything else."""
    cloud.lab("guest-start", "kvm1", "watched")
    display = machine("kvm1").check_output("virsh --connect qemu:///system vncdisplay watched")
    watch = Watch(cloud, 5900 + int(display.strip().rpartition(":")[2]))
    yield watch
    watch.close()
    cloud.lab("guest-stop", "kvm1", "watched")
