# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""oned's hosts, datastores and zone, read with the session of its command line tools."""

from __future__ import annotations

import urllib.request
import xml.etree.ElementTree as ET
import xmlrpc.client
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

SESSION = Path("/var/lib/one/.one/one_auth")
HERE = "http://127.0.0.1:2633/RPC2"
TIMEOUT = 10.0
# drivers (src/tm_mad) of datastores that have to be the same file system on the hypervisors and the front-end
SHARED_DRIVERS = ("shared", "qcow2")
UNKNOWN_METHOD = -506


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> HTTPConnection:
        return HTTPConnection(host, timeout=TIMEOUT)


def call(method: str, *params: Any) -> ET.Element:
    """Return the XML document of a call. Raises RuntimeError if oned refuses it, OSError or xmlrpc.client.Fault."""
    session = SESSION.read_text().strip()
    proxy = xmlrpc.client.ServerProxy(HERE, transport=_Transport())
    success, value = getattr(proxy, method)(session, *params)[:2]
    if not success:
        raise RuntimeError(value)
    return ET.fromstring(value)


def hosts() -> list[dict[str, Any]]:
    """Return the hosts. heard: time of the last monitoring sample, by the front-end's clock; 0 without a sample."""
    heard: dict[str, int] = {}
    for sample in call("one.hostpool.monitoring", 0).iter("MONITORING"):
        oid = sample.findtext("ID", "")
        heard[oid] = max(heard.get(oid, 0), int(sample.findtext("TIMESTAMP", "0")))
    return [
        {
            "name": host.findtext("NAME", ""),
            "id": int(host.findtext("ID", "-1")),
            "state": int(host.findtext("STATE", "-1")),
            "cluster": host.findtext("CLUSTER", ""),
            "driver": host.findtext("VM_MAD", ""),
            "heard": heard.get(host.findtext("ID", ""), 0),
        }
        for host in call("one.hostpool.info").findall("HOST")
    ]


def datastores() -> list[dict[str, Any]]:
    """Return the datastores that hypervisors use. shared: whether all of them have to mount the same file system."""
    try:
        found = call("one.datastorepool.info", -2, -1, -1)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode == UNKNOWN_METHOD:
            return []
        raise
    files = "2"
    return [
        {
            "id": int(store.findtext("ID", "-1")),
            "path": store.findtext("BASE_PATH", "").replace("//", "/"),
            "shared": store.findtext("TM_MAD") in SHARED_DRIVERS,
        }
        for store in found.findall("DATASTORE")
        if store.findtext("TYPE") != files
    ]


def answers(url: str) -> str:
    """Return why no XML-RPC server answers at a URL, or an empty text if one does."""
    body = xmlrpc.client.dumps((), "system.listMethods").encode()
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            xmlrpc.client.loads(answer.read())
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def ask(zone: int) -> dict[str, Any]:
    """Return all that is needed of oned; problem says why the rest is empty."""
    try:
        endpoint = call("one.zone.info", zone).findtext("TEMPLATE/ENDPOINT", "")
        return {
            "problem": "",
            "hosts": hosts(),
            "datastores": datastores(),
            "endpoint": endpoint,
            "endpoint_problem": answers(endpoint),
        }
    except Exception as error:
        return {"problem": str(error) or type(error).__name__, "hosts": [], "datastores": []}
