# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""How long registering N hosts takes: one_host, community.general.one_host in a loop, and raw XML-RPC, side by side.

The oned is that of ONED_URL and ONED_AUTH (user:password), else the stand-in of the lab, started for the occasion. The
hosts carry a driver that no oned has, so nothing is monitored and no way waits for it. Writes one table to the terminal
and build/bench/registration.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import raw_client
from counting_proxy import Traffic, counting
from judgement import judge

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "contract" / "standin"))
from standin_cloud import SESSION, Cloud

OURS, COMMUNITY = "one_host", "community.general.one_host"
WAYS = (OURS, COMMUNITY, *raw_client.WAYS)
PHASES = ("first run", "re-run", "one changed", "all absent")
# It takes a process and two pools a host.
COMMUNITY_CAP = 100
DRIVER = "bench"
PLAYS = {
    OURS: """
- hosts: localhost
  gather_facts: false
  tasks:
    - kubenebula.opennebula.one_host:
        api_url: "{{ job.url }}"
        hosts: "{{ job.hosts }}"
        state: "{{ job.state }}"
        wait: false
""",
    # Without a timeout it does not wait for its host, which it tells as a failure; what it had to do is done by then.
    COMMUNITY: """
- hosts: localhost
  gather_facts: false
  tasks:
    - community.general.one_host:
        api_url: "{{ job.url }}"
        name: "{{ item.name }}"
        im_mad_name: "{{ item.im_mad }}"
        vmm_mad_name: "{{ item.vmm_mad }}"
        template: "{{ item.template | default({}) }}"
        state: "{{ job.state }}"
        wait_timeout: 0
      loop: "{{ job.hosts }}"
      ignore_errors: true
""",
}


@dataclass
class Row:
    """One way in one phase. net: wall without what the way takes for nothing at all. Seconds; octets of bodies."""

    hosts: int
    phase: str
    way: str
    wall: float
    net: float
    cpu: float
    requests: int = 0
    calls: int = 0
    octets: int = 0


class Bench:
    def __init__(self, url: str, session: str, folder: Path) -> None:
        self.url, self.session, self.folder = url, session, folder
        self.prefix = f"bench-{secrets.token_hex(3)}-"
        self.starts: dict[str, list[tuple[float, float]]] = {}
        for way, play in PLAYS.items():
            (folder / f"{way}.yml").write_text(play)

    def names(self, count: int) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(count)]

    def registered(self) -> dict[str, int]:
        """Hosts of this benchmark."""
        found = raw_client.ids(self.url, self.session)
        return {name: number for name, number in found.items() if name.startswith(self.prefix)}

    def clear(self) -> None:
        for number in self.registered().values():
            raw_client.checked(xmlrpc.client.ServerProxy(self.url).one.host.delete(self.session, number))

    def run(self, way: str, phase: str, names: Sequence[str], url: str) -> tuple[float, float]:
        """Seconds of wall and CPU, those of its children included."""
        user, _colon, password = self.session.partition(":")
        job: dict[str, Any] = {"url": url, "phase": phase, "driver": DRIVER, "names": list(names)}
        job["changed"] = names[len(names) // 2] if names else ""
        if way in PLAYS:
            hosts: list[dict[str, Any]] = [{"name": name, "im_mad": DRIVER, "vmm_mad": DRIVER} for name in names]
            if phase == "one changed":
                hosts[len(hosts) // 2]["template"] = {"NOTE": "changed"}
            job = {"url": url, "hosts": hosts, "state": "absent" if phase == "all absent" else "present"}
            variables = {"job": job, "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
            given = self.folder / "job.json"
            given.write_text(json.dumps(variables))
            play = str(self.folder / f"{way}.yml")
            command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-e", f"@{given}", play]
            stdin = ""
        else:
            command = [sys.executable, str(Path(raw_client.__file__)), way]
            stdin = json.dumps({**job, "session": self.session})
        environment = {
            **os.environ,
            "ONE_USERNAME": user,
            "ONE_PASSWORD": password,
            "PYTHONPATH": str(ROOT / "build" / "collections"),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        said = self.folder / "said"
        with said.open("w") as output, tempfile.TemporaryFile("w+") as source:
            source.write(stdin)
            source.seek(0)
            began = time.monotonic()
            process = subprocess.Popen(command, stdin=source, stdout=output, stderr=output, env=environment, cwd=ROOT)
            _pid, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{way}, {phase}, {len(names)} hosts failed:\n{said.read_text()[-3000:]}")
        return wall, usage.ru_utime + usage.ru_stime

    def start(self, way: str) -> float:
        """Seconds the way takes for an empty list: the start of Python, or of Ansible and its module."""
        wall, cpu = self.run(way, "first run", [], self.url)
        self.starts.setdefault(way, []).append((wall, cpu))
        return wall

    def medians(self) -> dict[str, dict[str, float]]:
        """Wall and CPU of all starts."""
        return {
            way: {"wall": statistics.median(w for w, _cpu in runs), "cpu": statistics.median(c for _wall, c in runs)}
            for way, runs in self.starts.items()
        }

    def phases(self, way: str, count: int, url: str, traffic: Traffic) -> list[Row]:
        """All phases of a way, each checked afterwards: a way that does nothing would be fast."""
        print(f"{count} hosts, {way}", file=sys.stderr)
        rows = []
        # Each time anew, right beside what it is taken from: other work on the machine comes and goes.
        start, names = self.start(way), self.names(count)
        traffic.taken()
        for phase in PHASES:
            wall, cpu = self.run(way, phase, names, url)
            numbers = traffic.taken()
            there = self.registered().keys()
            if there != (set() if phase == "all absent" else set(names)):
                raise SystemExit(f"{way}, {phase}: {len(there)} of {count} hosts are registered afterwards")
            rows.append(Row(count, phase, way, wall, wall - start, cpu, *numbers))
        return rows

    def measure(self, ways: Sequence[str], count: int, rounds: int, traffic: Traffic) -> list[Row]:
        """Medians of so many rounds, the ways taking turns. What passes is counted beforehand: the proxy takes time.

        With no round at all the times are those of the counting.
        """
        rows = {way: self.phases(way, count, traffic.url, traffic) for way in ways}
        # So slow that the proxy does not show, nor does it need to be repeated.
        ways = [way for way in ways if way != COMMUNITY and rounds]
        timed = [{way: self.phases(way, count, self.url, traffic) for way in ways} for _number in range(rounds)]
        for way in ways:
            for number, row in enumerate(rows[way]):
                for field in ("wall", "net", "cpu"):
                    setattr(row, field, statistics.median(getattr(one[way][number], field) for one in timed))
        return [row for of_way in rows.values() for row in of_way]


@contextlib.contextmanager
def some_oned() -> Iterator[tuple[str, str, str]]:
    """URL, session and a word for the oned to measure with."""
    url = os.environ.get("ONED_URL")
    if url:
        session = os.environ.get("ONED_AUTH", "")
        if ":" not in session:
            raise SystemExit("ONED_URL needs ONED_AUTH=user:password")
        yield url, session, url
        return
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder) / "one")
        cloud.start()
        try:
            yield cloud.url, SESSION, "the lab's stand-in, on SQLite"
        finally:
            cloud.stop()


def table(rows: Sequence[Row]) -> Iterator[str]:
    columns = f"{'wall s':>8}{'net s':>8}{'CPU s':>8}{'requests':>9}{'calls':>7}{'kB':>9}"
    yield f"{'hosts':>6}  {'phase':11}  {'way':34}{columns}"
    last = None
    for row in sorted(rows, key=lambda row: (row.hosts, PHASES.index(row.phase))):
        if last not in (None, (row.hosts, row.phase)):
            yield ""
        last = (row.hosts, row.phase)
        numbers = f"{row.wall:8.2f}{row.net:8.2f}{row.cpu:8.2f}{row.requests:9}{row.calls:7}{row.octets / 1000:9.0f}"
        yield f"{row.hosts:6}  {row.phase:11}  {row.way:34}{numbers}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--hosts", type=int, default=1000, help="the largest N; 10, 100 and 1000 below it are measured too"
    )
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds, of which the median counts; 0: only count")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, metavar="WAY")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench" / "registration.json")
    given = parser.parse_args()
    sizes = sorted({size for size in (10, 100, 1000) if size < given.hosts} | {given.hosts})
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        url, session, name = stack.enter_context(some_oned())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        traffic = stack.enter_context(counting(url))
        bench = Bench(url, session, Path(folder))
        others = len(raw_client.ids(url, session))
        print(f"oned: {name}, with {others} hosts of its own; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        try:
            for size in sizes:
                ways = [way for way in given.ways if way != COMMUNITY or size <= COMMUNITY_CAP]
                rows += bench.measure(ways, size, given.rounds, traffic)
        finally:
            bench.clear()
    print(*table(rows), sep="\n")
    if COMMUNITY in given.ways and sizes[-1] > COMMUNITY_CAP:
        print(f"\n{COMMUNITY} is measured up to {COMMUNITY_CAP} hosts only, because it is slow.")
    print("\nnet: without the time the way takes for an empty list, which is:")
    for way, start in bench.medians().items():
        print(f"  {way:34}{start['wall']:6.2f} s wall{start['cpu']:6.2f} s CPU")
    targets = judge([asdict(row) for row in rows])
    print(*(f"{'met   ' if target['met'] else 'MISSED'}  {target['text']}" for target in targets), sep="\n")
    report = {
        "oned": name,
        "hosts_before": others,
        "starts": bench.medians(),
        "rows": [asdict(row) for row in rows],
        "targets": targets,
    }
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
