# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Logs are printed line by line, through every way in which daemons begin them anew, and do not fill the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def follow(script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("base/libexec/follow-logs")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    return module


def test_whole_lines_once_and_from_the_start_when_emptied(
    follow: ModuleType, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    log, logs = tmp_path / "oned.log", {}
    log.write_text("one\ntw")
    follow.look("oned", logs)
    follow.look("oned", logs)
    assert capsysbinary.readouterr().out == b"oned: one\n"
    log.open("a").write("o\n")
    follow.look("oned", logs)
    assert capsysbinary.readouterr().out == b"oned: two\n"
    log.write_text("new\n")
    follow.look("oned", logs)
    assert capsysbinary.readouterr().out == b"oned: new\n"


def test_a_daemon_that_goes_on_in_numbered_logs(
    follow: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(follow, "REPLACED_AFTER", 0.0)
    logs: dict[Path, object] = {}
    (tmp_path / "fireedge-other.log").write_text("of another\n")
    for number in range(12):
        (tmp_path / f"fireedge{number or ''}.log").write_text(f"{number}\n")
        follow.look("fireedge", logs)
    assert capsysbinary.readouterr().out.decode() == "".join(f"fireedge: {number}\n" for number in range(12))
    assert [path.name for path in follow.series("fireedge")] == ["fireedge11.log"], "the disk fills"
    (tmp_path / "fireedge11.log").open("a").write("more\n")
    follow.look("fireedge", logs)
    assert capsysbinary.readouterr().out == b"fireedge: more\n"


def test_a_large_log_is_emptied_when_it_was_printed(
    follow: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(follow, "LARGEST", 10)
    (tmp_path / "sched.log").write_text("twelve bytes\n")
    logs: dict[Path, object] = {}
    follow.look("sched", logs)
    assert (tmp_path / "sched.log").stat().st_size == 0
    (tmp_path / "sched.log").open("a").write("next\n")
    follow.look("sched", logs)
    assert capsysbinary.readouterr().out == b"sched: twelve bytes\nsched: next\n"
