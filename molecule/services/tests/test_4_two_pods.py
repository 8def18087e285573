# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A session is in the memory of one pod of FireEdge: its user stays there, and loses it with the pod alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from browser import Visitor, Watch
from cloud import Cloud, wait
from web import pods, ready


@pytest.fixture
def crowd(cloud: Cloud) -> Iterator[list[Visitor]]:
    """Twenty users, logged in: two log-ins of one user within a second give the same session."""
    ids = [cloud.call("one.user.allocate", f"visitor{number}", "password", "core") for number in range(20)]
    visitors = [Visitor() for _number in ids]
    assert {visitor.login(f"visitor{number}", "password") for number, visitor in enumerate(visitors)} == {200}
    yield visitors
    for number in ids:
        cloud.call("one.user.delete", number)


def test_twenty_users_stay_with_the_pod_that_knows_them(cloud: Cloud, watch: Watch, crowd: list[Visitor]) -> None:
    with ThreadPoolExecutor(10) as browsers:
        assert set(browsers.map(lambda turn: crowd[turn % 20].status("user/info/-1"), range(200))) == {200}
    by_pod = {
        cookie: [visitor for visitor in crowd if visitor.cookies["fireedge"] == cookie] for cookie in cookies(crowd)
    }
    assert len(by_pod) == 2, by_pod

    cloud.kubectl("delete", "pod", watch.other_pod, "--grace-period=1")
    wait(lambda: len(pods(cloud, "fireedge")) == 2 and ready(cloud, "fireedge"), 120)
    states = [{visitor.status("user/info/-1") for visitor in visitors} for visitors in by_pod.values()]
    assert sorted(states, key=sorted) == [{200}, {401}]


def cookies(crowd: list[Visitor]) -> set[str]:
    """Those by which the Ingress controller knows pods."""
    return {visitor.cookies["fireedge"] for visitor in crowd}
