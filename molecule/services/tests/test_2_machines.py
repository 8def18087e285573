# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What virtual machines notice of the services: OneGate answers them."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from cloud import Cloud, machine

# what a bridge with NAT is to a virtual machine
GUEST_NETWORK = """
set -e
ip netns add guest
ip link add guest0 type veth peer name eth0 netns guest
ip address add 10.99.0.1/24 dev guest0
ip link set guest0 up
ip -n guest address add 10.99.0.2/24 dev eth0
ip -n guest link set eth0 up
ip -n guest route add default via 10.99.0.1
sysctl -qw net.ipv4.ip_forward=1
iptables -w -t nat -A POSTROUTING -s 10.99.0.0/24 -j MASQUERADE
"""


@pytest.fixture(scope="module")
def vm(cloud: Cloud) -> Iterator[int]:
    """A virtual machine that is on hold, and has a token for OneGate."""
    number = cloud.call("one.vm.allocate", 'NAME=asking CPU=1 MEMORY=64 CONTEXT=[TOKEN="YES"]', True)
    yield number
    cloud.call("one.vm.action", "terminate-hard", number)


def test_a_machine_asks_onegate(cloud: Cloud, vm: int) -> None:
    """From a network of its own on a hypervisor, with the token that it was given; with another one it is refused."""
    info = ET.fromstring(cloud.call("one.vm.info", vm))
    password = ET.fromstring(cloud.call("one.user.info", 0)).findtext("TEMPLATE/TOKEN_PASSWORD", "")[:32]
    openssl = ["openssl", "enc", "-aes-256-cbc", "-base64", "-A", "-iv", "0" * 32, "-K", password.encode().hex()]
    content = f"{vm}:{info.findtext('STIME')}".encode()
    token = subprocess.run(openssl, input=content, capture_output=True, check=True).stdout.decode()
    conf = cloud.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "cat", "/run/one/oned.conf")
    (endpoint,) = re.findall(r'^ONEGATE_ENDPOINT *= *"?([^"\n]+)', conf, re.MULTILINE)
    kvm1 = machine("kvm1")
    headers = "--header 'X-ONEGATE-VMID: {}' --header 'X-ONEGATE-TOKEN: {}'"
    ask = f"ip netns exec guest curl --silent --max-time 10 {headers} {{}}/vm"
    try:
        kvm1.check_output(GUEST_NETWORK)
        answer = json.loads(kvm1.check_output(ask.format(vm, token, endpoint)))
        assert answer["VM"] == {"ID": str(vm), "NAME": "asking"}
        assert kvm1.check_output(ask.format(vm + 1, token, endpoint)) == "Not authorized"
    finally:
        kvm1.run("ip netns delete guest; iptables -w -t nat -D POSTROUTING -s 10.99.0.0/24 -j MASQUERADE")
