# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Two processes that run every module side by side against one oned leave behind what one leaves behind.

Against the model, in which of two calls for one name both succeed, as a real oned's calls at the same moment do; or
against the oned of ONED_URL and ONED_AUTH (user:password), if these are set. Zones need the master of a federation.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import errors
from http_server import Answer, serve
from module_cases import CASES, NEEDED, Item, cloud

COLLECTIONS = Path(errors.__file__).parents[6]
# Objects of a kind, and how often they are made and removed.
OBJECTS, LOOKUP_ROUNDS = 8, int(os.environ.get("ROUNDS", "1"))
SERVED = {name: case for name, case in CASES.items() if name not in os.environ.get("ONED_WITHOUT", "").split(",")}
RUN = """
import contextlib, importlib, io, json, sys, urllib.request
from ansible.module_utils.testing import patch_module_args
given = json.load(sys.stdin)
results = []
for name, options in given["modules"]:
    module = importlib.import_module("ansible_collections.kubenebula.opennebula.plugins.modules." + name)
    urllib.request.urlopen(given["meet"], data=name.encode(), timeout=120).read()
    printed = io.StringIO()
    with patch_module_args(options), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    results.append(json.loads(printed.getvalue()))
print(json.dumps(results))
"""


class Meeting:
    """Lets nobody go on before so many have come."""

    def __init__(self, count: int) -> None:
        self.barrier = Barrier(count, timeout=120)

    def __call__(self, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        self.barrier.wait()
        return (200, "text/plain", b"go")


@pytest.fixture
def oned() -> Iterator[tuple[str, str]]:
    """URL and password."""
    if os.environ.get("ONED_URL"):
        yield os.environ["ONED_URL"], os.environ["ONED_AUTH"].partition(":")[2]
        return
    made = cloud()
    made.racing = True
    with serve(lambda _path, _headers, body: (200, "text/xml", made.answer(body))) as site:
        yield f"{site.url}/RPC2", "secret"


def side_by_side(count: int, modules: list[tuple[str, Item]]) -> list[list[dict[str, Any]]]:
    """The results of so many processes, a list for each, which run one module after the other and at the same time."""
    with serve(Meeting(count)) as meeting:
        given = json.dumps({"meet": meeting.url, "modules": modules})
        environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
        command = [sys.executable, "-c", RUN]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        processes = [subprocess.Popen(command, env=environment, text=True, **pipes) for _number in range(count)]  # type: ignore[call-overload]
        for process in processes:
            process.stdin.write(given)
            process.stdin.close()
            process.stdin = None
        ended = [process.communicate(timeout=600) for process in processes]
    for _out, problem in ended:
        assert problem == ""
    return [json.loads(out) for out, _problem in ended]


def declared(prefix: str) -> dict[str, list[Any]]:
    """For every module the objects to declare."""
    desired: dict[str, list[Any]] = {}
    first = 100_000 + secrets.randbelow(800_000)
    for name, case in SERVED.items():
        names = [f"{prefix}{number}" for number in range(OBJECTS)]
        if isinstance(case.item, str):
            desired[name] = [f"#0 DOCUMENT/#{first + number} USE" for number in range(OBJECTS)]
        else:
            template = {"NOTE": "x", **NEEDED.get(name, {})}
            desired[name] = [item for each in names for item in case.items(each, template)]
    return desired


def test_two_processes_leave_behind_what_one_does(oned: tuple[str, str]) -> None:
    url, password = oned
    for _round in range(LOOKUP_ROUNDS):
        prefix = f"two-{secrets.token_hex(3)}-"
        desired, connection = declared(prefix), {"api_url": url, "api_password": password}
        present: list[tuple[str, Item]] = [
            (name, {**connection, CASES[name].option: items, **({"wait": False} if name == "one_host" else {})})
            for name, items in desired.items()
        ]
        gone = [
            (
                name,
                {
                    **connection,
                    "state": "absent",
                    CASES[name].option: [i if isinstance(i, str) else {"name": i["name"]} for i in desired[name]],
                },
            )
            for name in reversed(desired)
        ]
        rules = [f"{rule} #0" for rule in desired["one_acl"]]
        listed = [
            (f"{name}_info", {**connection, "names": rules if name == "one_acl" else [f"~^{prefix}"]})
            for name in desired
        ]
        both = side_by_side(2, present)
        assert [(r.get("msg"), r["results"]) for results in both for r in results if r.get("failed")] == []
        for (name, _options), first, second in zip(present, *both, strict=True):
            assert first["changed"] or second["changed"], name
            # Whoever came later tells the ids that stay.
            assert [e["id"] for e in first["results"]] == [e["id"] for e in second["results"]], name
        (found,) = side_by_side(1, listed)
        counts = {name: len(result[CASES[name].option]) for name, result in zip(desired, found, strict=True)}
        assert counts == dict.fromkeys(desired, OBJECTS)
        (again,) = side_by_side(1, present)
        assert [result["changed"] for result in again] == [False] * len(present)
        removed = side_by_side(2, gone)
        assert [(r.get("msg"), r["results"]) for results in removed for r in results if r.get("failed")] == []
        (left,) = side_by_side(1, listed)
        assert {name: result[CASES[name].option] for name, result in zip(desired, left, strict=True)} == {
            name: [] for name in desired
        }
