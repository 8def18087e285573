# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A program that supervisord has given up on ends the container."""

from __future__ import annotations

import subprocess
from pathlib import Path

LISTENER = Path(__file__).parents[3] / "images/base/libexec/end-when-fatal"
# the shell stands for supervisord: it is the parent, and says whether it was asked to end
PARENT = f"trap 'asked=yes' TERM; {LISTENER}; echo \"asked: $asked\""


def run(text: str) -> str:
    return subprocess.run(
        ["sh", "-c", PARENT], input=text, capture_output=True, text=True, check=True, timeout=20
    ).stdout


def test_a_fatal_program_ends_supervisord() -> None:
    payload = "processname:oned groupname:oned from_state:BACKOFF"
    header = (
        f"ver:3.0 server:supervisor serial:1 pool:end-when-fatal eventname:PROCESS_STATE_FATAL len:{len(payload)}\n"
    )
    said = run(header + payload)
    assert said.startswith("READY\nRESULT 2\nOK")
    assert said.endswith("asked: yes\n")


def test_without_an_event_nothing_ends() -> None:
    assert run("") == "READY\nasked: \n"
