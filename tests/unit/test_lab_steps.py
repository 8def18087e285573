# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the lab's steps say while they last, and what becomes of work beside them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

LAB = Path(__file__).parents[2] / "molecule/lab"
STEP = re.compile(r" *\d+\.\ds  (.*)")


def start(folder: Path, script: str) -> subprocess.Popen[str]:
    (folder / "log").mkdir(exist_ok=True)
    text = f"LAB={LAB} STATE={folder}; . $LAB/lib/say.sh; . $LAB/lib/jobs.sh; . $LAB/lib/go.sh; BEAT=0.2; {script}"
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # what runs in the background of a shell ignores it, and so would this
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(folder: Path, script: str) -> tuple[int, list[str], str]:
    """Return the exit code, what the steps said, and the errors."""
    process = start(folder, script)
    out, errors = process.communicate(timeout=30)
    said = [STEP.fullmatch(line) for line in out.splitlines()]
    assert all(said), out
    return process.returncode, [match[1] for match in said if match], errors


def test_a_long_step_says_that_it_lasts_and_how_far_it_is(tmp_path: Path) -> None:
    script = """
      work() { echo half; sleep 1.5; echo whole; }
      long "making it" "$STATE/log/it" last_line work
      step made
    """
    code, said, errors = run(tmp_path, script)
    assert (code, errors) == (0, "")
    assert said[0] == "making it"
    assert said[-1] == "made"
    assert len(said) > 4
    assert {line.split(",")[0] for line in said[1:-1]} == {"making it"}
    assert "making it, 1 s: half" in said
    assert (tmp_path / "log/it").read_text() == "half\nwhole\n"


def test_a_short_step_says_its_name_only(tmp_path: Path) -> None:
    assert run(tmp_path, 'long "making it" "$STATE/log/it" last_line true')[1] == ["making it"]


def test_a_step_that_fails_is_over_and_fails(tmp_path: Path) -> None:
    began = time.monotonic()
    code, said, errors = run(tmp_path, 'BEAT=15; long "making it" "$STATE/log/it" last_line false || fail "no it"')
    assert (code, said, errors) == (1, ["making it"], "lab: no it\n")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "0 modules fetched"),
        ("go: downloading a v1\ngo: downloading b v1\n", "2 modules fetched"),
        ("go: downloading a v1\n12 packages to build\n", "0 of 12 packages"),
        ("go: downloading a v1\n12 packages to build\nunsafe\na/b\ngo: a warning\n", "2 of 12 packages"),
    ],
)
def test_a_build_counts_its_packages(tmp_path: Path, log: str, said: str) -> None:
    (tmp_path / "build").write_text(log)
    process = start(tmp_path, "packages_built $STATE/build")
    assert process.communicate(timeout=30)[0] == f"{said}\n"


def test_a_job_goes_on_beside_the_rest(tmp_path: Path) -> None:
    code, said, errors = run(
        tmp_path, "work() { sleep 0.5; step two; }; begin job work; step one; await job; step three"
    )
    assert (code, said, errors) == (0, ["one", "two", "three"], "")


def test_a_job_that_fails_says_why_where_it_is_awaited(tmp_path: Path) -> None:
    code, said, errors = run(
        tmp_path, 'work() { fail "no Kubernetes"; }; begin job work; step one; await job; step two'
    )
    assert (code, said, errors) == (1, ["one"], "lab: no Kubernetes\n")


def alive(pid: int) -> bool:
    """Tell whether it runs; what is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", ["fail", "SIGINT", "SIGTERM", "SIGHUP"])
def test_no_job_outlives_the_command(tmp_path: Path, end: str) -> None:
    script = """
      work() {
        at_exit touch "$STATE/tidied"
        long "building" "$STATE/log/it" last_line bash -c 'echo $$; exec sleep 60'
      }
      begin job work
      until [[ -s $STATE/log/it ]]; do sleep 0.1; done
    """
    process = start(tmp_path, script + ('fail "no image"' if end == "fail" else "bash -c 'echo ready; exec sleep 60'"))
    assert process.stdout
    if end != "fail":
        assert "ready\n" in iter(process.stdout.readline, "")
        os.killpg(process.pid, getattr(signal, end))
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert not alive(int((tmp_path / "log/it").read_text()))
    assert (tmp_path / "tidied").exists()
