# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What subscribers on oned's port 2101 hear."""

from __future__ import annotations

import base64
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
import zmq
from standin_cloud import Cloud


class Subscriber:
    def __init__(self, cloud: Cloud, topic: str) -> None:
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.connect(f"tcp://127.0.0.1:{cloud.event_port}")
        self.socket.setsockopt_string(zmq.SUBSCRIBE, topic)
        self.socket.setsockopt(zmq.RCVTIMEO, 5000)
        # ZeroMQ says nowhere when the publisher knows of it
        time.sleep(1)

    def next(self) -> tuple[str, ET.Element]:
        topic, content = self.socket.recv_multipart()
        return topic.decode(), ET.fromstring(base64.b64decode(content))


@pytest.fixture
def started(cloud: Cloud) -> Iterator[Cloud]:
    cloud.start()
    for name in ("a-host", "b-host"):
        cloud.call("one.host.allocate", name, "none", "none", -1)
    yield cloud


def test_the_states_of_a_machine_are_reported(started: Cloud) -> None:
    subscriber = Subscriber(started, "EVENT STATE VM/")
    machine = started.call("one.vm.allocate", "NAME=web CPU=1 MEMORY=64", False)[1]
    assert subscriber.next()[0] == f"EVENT STATE VM/PENDING/LCM_INIT/{machine} "
    started.call("one.vm.deploy", machine, 0, False, -1, "")
    topic, content = subscriber.next()
    assert topic == f"EVENT STATE VM/ACTIVE/RUNNING/{machine} "
    assert content.tag == "HOOK_MESSAGE" and content.findtext("RESOURCE_ID") == str(machine)
    assert content.findtext("VM/HISTORY_RECORDS/HISTORY/HOSTNAME") == "a-host"
    # which changes no state
    started.call("one.vm.action", "resched", machine)
    started.call("one.vm.action", "terminate-hard", machine)
    assert subscriber.next()[0] == f"EVENT STATE VM/DONE/LCM_INIT/{machine} "


def test_calls_that_change_something_are_reported_with_their_success(started: Cloud) -> None:
    subscriber = Subscriber(started, "EVENT API one.host.")
    started.call("one.host.info", 0)
    started.call("one.host.status", 0, 1)
    topic, content = subscriber.next()
    assert topic == "EVENT API one.host.status 1"
    assert content.findtext("CALL_INFO/RESULT") == "1"
    started.call("one.host.status", 0, 9)
    assert subscriber.next()[0] == "EVENT API one.host.status 0"
