# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Plays the calls of tests/contract/scenarios to an oned and writes them down in the form of the transcripts.

    ONED_URL=http://127.0.0.1:2633/RPC2 ONED_AUTH=oneadmin:... python tests/contract/recording.py FOLDER [OLD=NEW ...]

One FOLDER/NAME.jsonl a scenario; OLD=NEW replaces what belongs to that machine, such as its paths. The scenarios make
and delete objects of their own; recordings are compared with a new cloud, so record on one.

A scenario has a line a call: [NAME =] [@USER] METHOD ARGUMENTS. Arguments are Python literals and names bound to ids by
earlier lines; a comment is the label of the next call. "wait METHOD ARGUMENTS REGEX" repeats a call until its answer
matches, "gone METHOD ARGUMENTS" until it is refused; neither is written down.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
import time
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).with_name("scenarios")
LINE = re.compile(r"(?:(?P<name>\w+) = )?(?:@(?P<user>\w+) )?(?P<method>[\w.]+) ?(?P<arguments>.*)")
# Bodies longer than this are not kept: the decoded answer says the same.
SHORT = 450
SECONDS = 400.0


def arguments(text: str, ids: dict[str, int]) -> list[Any]:
    """Python literals, and names of ids."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Constant:
            return ast.Constant(ids[node.id])

    found: list[Any] = ast.literal_eval(Names().visit(ast.parse(f"[{text}]", mode="eval")))
    return found


class Recorder:
    """Calls an oned and keeps what was said, without the password and what else is to be replaced."""

    def __init__(self, url: str, session: str, replaced: dict[str, str]) -> None:
        self.url, self.user = url, session.partition(":")[0]
        password = session.partition(":")[2]
        digests = {hashlib.sha256(text.encode()).hexdigest(): text for text in (password, "PASSWORD")}
        scrubbed = {digest: hashlib.sha256(b"PASSWORD").hexdigest() for digest in digests}
        self.sessions = {self.user: session}
        self.replaced = {session: f"{self.user}:PASSWORD", **scrubbed, **replaced}

    def call(self, user: str, method: str, parameters: list[Any]) -> dict[str, Any]:
        """One call as a line of a transcript."""
        session = self.sessions.get(user, f"{user}:PASSWORD")
        body = xmlrpc.client.dumps((session, *parameters), method)
        began = time.monotonic()
        request = urllib.request.Request(self.url, body.encode(), {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            status, text = answer.status, answer.read().decode()
        line = {"method": method, "params": [session, *parameters], "http_status": status}
        line["ms"] = round(1000 * (time.monotonic() - began), 2)
        try:
            line["response"] = xmlrpc.client.loads(text)[0][0]
        except xmlrpc.client.Fault as fault:
            line["fault"] = {"faultCode": fault.faultCode, "faultString": fault.faultString}
        raw = {"raw_request": body, "raw_response": text}
        clean = json.dumps(line | {name: value for name, value in raw.items() if len(value) <= SHORT})
        for old, new in self.replaced.items():
            clean = clean.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
        found: dict[str, Any] = json.loads(clean)
        return found

    def until(self, method: str, parameters: list[Any], pattern: str) -> None:
        """Repeat a call until its answer matches; with no pattern until it is refused."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            success, value = self.call(self.user, method, parameters)["response"][:2]
            if re.search(pattern, value) if pattern and success else not pattern and not success:
                return
            time.sleep(0.5)
        raise SystemExit(f"{method} {parameters}: no {pattern or 'refusal'} within {SECONDS:g} s")

    def play(self, scenario: Path) -> Iterator[dict[str, Any]]:
        ids: dict[str, int] = {}
        label = None
        for number, text in enumerate(scenario.read_text(encoding="utf-8").splitlines(), 1):
            if text.startswith(("wait ", "gone ")):
                directive, method, rest = text.split(" ", 2)
                given, _space, pattern = rest.partition(" ") if directive == "wait" else (rest, "", "")
                self.until(method, arguments(given, ids), pattern)
            elif text.startswith("#"):
                label = text.removeprefix("# ")
            elif text:
                match = LINE.fullmatch(text)
                assert match is not None, f"{scenario.name}:{number}: {text}"
                line = self.call(match["user"] or self.user, match["method"], arguments(match["arguments"], ids))
                if match["name"]:
                    assert line.get("response", [False])[0], f"{scenario.name}:{number}: {line}"
                    ids[match["name"]] = line["response"][1]
                yield {"seq": number, "label": label, **line}
                label = None


def main() -> None:
    folder, *replaced = sys.argv[1:]
    pairs = dict(text.split("=", 1) for text in replaced)
    recorder = Recorder(os.environ["ONED_URL"], os.environ["ONED_AUTH"], pairs)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for scenario in sorted(SCENARIOS.glob("*.txt")):
        lines = [json.dumps(line) + "\n" for line in recorder.play(scenario)]
        Path(folder, f"{scenario.stem}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{scenario.stem}: {len(lines)} calls")


if __name__ == "__main__":
    main()
