# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""How long onboarding N machines takes, what it costs the control node, and what three broken ones do to the others.

The machines are of the lab: each has an address, a root file system, systemd, an sshd and a host key of its own. They
share the control node's processors. Writes one table to the terminal and build/bench/onboarding.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import fleet
from counting_proxy import counting
from fleet import Run
from onboarding_judgement import ELSEWHERE, ENTRIES, FORKS, judge

PARTS = ("broken", "speed", "one", "verify")
MONITORED = "2"
# runs in the pod, with the session that oned's own tools use
LIST = """
import pathlib, xmlrpc.client
session = pathlib.Path("/var/lib/one/.one/one_auth").read_text().strip()
print(xmlrpc.client.ServerProxy("http://opennebula-oned:2633/RPC2").one.hostpool.info(session)[1])
"""
# Each another stage of onboarding ends at: what breaks it, what repairs it, and the message to the operator.
WAYS = (
    (
        "echo 'AllowUsers root' >/etc/ssh/sshd_config.d/00-root-only.conf; systemctl reload ssh",
        "rm /etc/ssh/sshd_config.d/00-root-only.conf; systemctl reload ssh",
        "SSH server keeps oneadmin out",
    ),
    (
        "iptables -w -I OUTPUT -p tcp --dport 5080 -j REJECT",
        "iptables -w -D OUTPUT -p tcp --dport 5080 -j REJECT",
        "repo2.key",
    ),
    (
        "iptables -w -I OUTPUT -p tcp --dport 30412 -j DROP; iptables -w -I OUTPUT -p udp --dport 30412 -j DROP",
        "iptables -w -D OUTPUT -p tcp --dport 30412 -j DROP; iptables -w -D OUTPUT -p udp --dport 30412 -j DROP",
        "MONITOR_ADDRESS",
    ),
)


@dataclass
class Row:
    """A run of a playbook. Seconds; tasks: evaluated for a host, of the role hypervisor and of all."""

    run: str
    hosts: int
    wall: float
    cpu: float
    role_tasks: int
    tasks: int
    changed: int
    calls: int = -1


class Bench:
    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.folder = count, folder
        self.hosts = fleet.machines(count)
        self.inventory = fleet.inventory(folder / "fleet.json", self.hosts)
        self.rows: list[Row] = []
        self.facts: dict[str, Any] = {}

    def add(self, name: str, run: Run, hosts: Sequence[str], calls: int = -1) -> None:
        changed = len(run.changed() & set(hosts))
        numbers = (run.tasks(hosts, "hypervisor"), run.tasks(hosts), changed, calls)
        self.rows.append(Row(name, len(hosts), run.wall, run.cpu, *numbers))

    def onboard(self, *arguments: str) -> Run:
        return fleet.playbook("onboard", [self.inventory], "--limit", "fleet", *arguments)

    def bare(self) -> None:
        """All machines as they come from their installer."""
        progress(f"{self.count} bare machines")
        fleet.lab("host-forget", self.hosts)
        fleet.lab("host-start", self.hosts)

    def leave(self, inventory: Path) -> Run:
        return fleet.playbook("offboard", [inventory], "--limit", "fleet")

    def broken(self) -> None:
        """Three that cannot be onboarded, each for another reason, and what the others notice of it."""
        self.bare()
        chosen = dict(zip(list(self.hosts)[-len(WAYS) :], WAYS, strict=True))
        for name, (breaks, _mends, _told) in chosen.items():
            fleet.on(name, breaks)
        progress(f"onboarding {self.count}, of which {', '.join(chosen)} are broken")
        run = self.onboard("-e", "registration_wait_timeout=60", "-e", "hypervisor_package_retries=1")
        reasons, before = run.reasons(), monitored() & self.hosts.keys()
        self.facts["broken"] = {
            "code": run.code,
            "monitored": len(before),
            "reasons": reasons,
            "named": reasons.keys() == chosen.keys() and all(chosen[name][2] in reasons[name] for name in reasons),
        }
        self.add("three broken", run, list(self.hosts))
        for name, (_breaks, mends, _told) in chosen.items():
            fleet.on(name, mends)
        progress("onboarding again, mended")
        run = self.onboard()
        after = monitored() & self.hosts.keys()
        self.facts["mended"] = {
            "code": run.code,
            "monitored": len(after),
            # on the machine, or what oned thinks of it: one of them had all it needs, and could not report
            "changed": sorted((run.changed() & self.hosts.keys()) | (after ^ before)),
            "wanted": sorted(chosen),
        }
        self.add("mended", run, list(self.hosts))
        progress(f"offboarding {self.count}")
        self.add("offboard", checked(self.leave(self.inventory)), list(self.hosts))

    def speed(self) -> None:
        self.bare()
        for name in ("first run", "second run"):
            progress(f"{name} of {self.count}")
            self.add(name, checked(self.onboard()), list(self.hosts))
        self.facts["monitored"] = len(monitored() & self.hosts.keys())

    def one(self) -> None:
        """A machine more, by itself in an inventory and among a thousand."""
        for number, others in enumerate((0, ENTRIES - 1)):
            added = fleet.machines(1, fleet.FIRST + self.count + 2 * number)
            (name,) = added
            fleet.lab("host-forget", added)
            fleet.lab("host-start", added)
            path = fleet.inventory(self.folder / f"{others}.json", {**fleet.entries(others), **added})
            progress(f"one machine of an inventory of {others + 1}")
            service = fleet.kubectl("get", "service", "opennebula-oned", "-o", "jsonpath={.spec.clusterIP}")
            with counting(f"http://{service}:2633/RPC2") as traffic:
                url = ["-e", f"registration_api_url={traffic.url}"]
                run = checked(fleet.playbook("onboard", [path], "--limit", name, *url))
                calls = traffic.taken()[1]
            self.add(f"one of {others + 1}", run, [name], calls)
            checked(fleet.playbook("offboard", [path], "--limit", name))
            fleet.lab("host-forget", added)

    def verify(self) -> None:
        progress(f"verifying {self.count}")
        report = self.folder / "verify.json"
        run = fleet.playbook("verify", [self.inventory], "--limit", "fleet", "-e", f"verify_report={report}")
        found = json.loads(report.read_text())
        failed = [row for row in found["rows"] if row["status"] == "failed"]
        self.facts["verify"] = {"seconds": run.wall, "failed": failed, "rows": len(found["rows"])}
        self.add("verify", run, list(self.hosts))

    def clear(self) -> None:
        progress("cleaning up")
        self.leave(self.inventory)
        fleet.lab("host-forget", self.hosts)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def checked(run: Run) -> Run:
    if run.code:
        raise SystemExit(f"the playbook failed:\n{run.output[-5000:]}")
    return run


def monitored() -> set[str]:
    """Hosts that oned calls MONITORED."""
    listed = fleet.kubectl("exec", "opennebula-oned-0", "-c", "oned", "--", "python3", "-c", LIST)
    return {host.findtext("NAME", "") for host in ET.fromstring(listed) if host.findtext("STATE") == MONITORED}


def provide_cloud() -> None:
    try:
        fleet.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/opennebula-oned-0")
    except (OSError, fleet.subprocess.CalledProcessError):
        progress("a cloud first")
        checked(fleet.playbook("site", []))


def table(rows: Sequence[Row]) -> Iterator[str]:
    columns = f"{'wall s':>9}{'CPU s':>9}{'CPU s/host':>12}{'role':>6}{'all':>5}{'changed':>9}{'calls':>7}"
    yield f"{'run':14}{'hosts':>6}{columns}"
    for row in rows:
        numbers = (
            f"{row.hosts:6}{row.wall:9.1f}{row.cpu:9.1f}{row.cpu / row.hosts:12.2f}{row.role_tasks:6}{row.tasks:5}"
        )
        yield f"{row.run:14}{numbers}{row.changed:9}{row.calls if row.calls >= 0 else '':>7}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--keep", action="store_true", help="leave the machines there")
    parser.add_argument("--json", type=Path, default=fleet.ROOT / "build" / "bench" / "onboarding.json")
    given = parser.parse_args()
    if not len(WAYS) < given.hosts <= fleet.MOST - 3:
        parser.error(f"between {len(WAYS) + 1} and {fleet.MOST - 3} hosts, please")
    provide_cloud()
    cores = len(os.sched_getaffinity(0))
    print(f"{given.hosts} hosts, forks {FORKS}, {cores} cores for all, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given.hosts, Path(folder))
        try:
            for part in given.parts:
                getattr(bench, part)()
        finally:
            if not given.keep:
                bench.clear()
    print(*table(bench.rows), sep="\n")
    print("\nrole: tasks of the role hypervisor evaluated for a host; all: those of the playbook; calls: of oned's API")
    rows = [asdict(row) for row in bench.rows]
    verdict = judge(rows, bench.facts, cores)
    print("\nelsewhere, as published:", *(f"  {who:48}{what}" for who, what in ELSEWHERE.items()), "", sep="\n")
    print(*(f"{'met   ' if target['met'] else 'MISSED'}  {target['text']}" for target in verdict), sep="\n")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"cores": cores, "rows": rows, "facts": bench.facts, "elsewhere": ELSEWHERE, "targets": verdict}
    given.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
