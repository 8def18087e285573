# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands in for the exporter: says how many hosts, datastores and virtual machines oned has, and how the hosts are.

Like the real one it reads oned's pools for each request, of whatever, but answers with what it had read before; and it
finds all services of the front-end down, for it asks systemd about them.
"""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from cloud import Handler, Refused, call, serve

ALL = (-2, -1, -1)  # of everybody, from the first to the last
ANY_STATE = (-1, "")
PAGE = "<html><body><a href='/metrics'>Metrics</a></body></html>"


def pool(name: str, *parameters: int | str) -> list[ET.Element]:
    return list(ET.fromstring(call(os.environ["ONE_XMLRPC"], SESSION, f"{name}pool.info", *parameters)))


def read() -> list[str]:
    """What there is, line by line; what oned does not tell is missing."""
    lines = [f"opennebula_{name}_state 0.0" for name in ("oned", "scheduler", "flow", "hem", "gate")]
    try:
        hosts = pool("host")
        lines.append(f"opennebula_host_total {len(hosts)}.0")
        lines += [f'opennebula_host_state{{one_host_id="{host[0].text}"}} {host.findtext("STATE")}.0' for host in hosts]
        lines.append(f"opennebula_datastore_total {len(pool('datastore', *ALL))}.0")
        lines.append(f"opennebula_vm_total {len(pool('vm', *ALL, *ANY_STATE))}.0")
    except (OSError, Refused) as error:
        print(f"oned does not tell: {error}", flush=True)
    return lines


class Exporter(Handler):
    kind = "text/plain; version=0.0.4"
    known: tuple[str, ...] = ()

    def do_GET(self) -> None:
        answer = "".join(f"{line}\n" for line in Exporter.known) if self.path == "/metrics" else PAGE
        Exporter.known = tuple(read())
        self.reply(200, answer)


if __name__ == "__main__":
    try:
        SESSION = Path("/var/lib/one/.one/one_auth").read_text(encoding="utf-8").strip()
    except OSError:
        sys.exit("ONE_AUTH file not present")
    serve("0.0.0.0", 9925, Exporter)
