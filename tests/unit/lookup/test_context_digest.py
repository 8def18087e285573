# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The digest of an image's build context."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.lookup.context_digest import digest


def context(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM base\n")
    (folder / "bin" / "start").write_text("#!/bin/sh\n")
    (folder / "bin" / "start").chmod(0o755)
    (folder / "current").symlink_to("bin/start")
    return folder


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return context(tmp_path / "one")


def test_the_place_times_and_group_modes_do_not_count(one: Path, tmp_path: Path) -> None:
    other = context(tmp_path / "elsewhere" / "two")
    os.utime(other / "Dockerfile", (0, 0))
    (other / "Dockerfile").chmod(0o600)
    (other / "empty").mkdir()
    assert digest([one]) == digest([other])


def ignored(folder: Path) -> None:
    (folder / "bin" / "__pycache__").mkdir()
    (folder / "bin" / "__pycache__" / "x.txt").write_text("x")
    (folder / "x.pyc").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")


def test_caches_and_git_do_not_count(one: Path) -> None:
    before = digest([one])
    ignored(one)
    assert digest([one]) == before


def test_a_worktrees_git_file_does_not_count(one: Path) -> None:
    before = digest([one])
    (one / ".git").write_text("gitdir: elsewhere")
    assert digest([one]) == before


def replaced(folder: Path, change: Callable[[Path], Any]) -> None:
    link = folder / "current"
    link.unlink()
    change(link)


CHANGES: dict[str, Callable[[Path], Any]] = {
    "contents": lambda folder: (folder / "Dockerfile").write_text("FROM other\n"),
    "a new file": lambda folder: (folder / "new").write_text(""),
    "a file less": lambda folder: (folder / "Dockerfile").unlink(),
    "a name": lambda folder: (folder / "Dockerfile").rename(folder / "dockerfile"),
    "executable": lambda folder: (folder / "Dockerfile").chmod(0o744),
    "not executable": lambda folder: (folder / "bin" / "start").chmod(0o644),
    "where a link points": lambda folder: replaced(folder, lambda link: link.symlink_to("bin")),
    "a link made a file": lambda folder: replaced(folder, lambda link: link.write_text("bin/start")),
    "a broken link": lambda folder: (folder / "broken").symlink_to("nowhere"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_this_counts(one: Path, change: Callable[[Path], Any]) -> None:
    before = digest([one])
    change(one)
    assert digest([one]) != before


def test_neighbouring_parts_cannot_be_shifted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "xy").write_text("z")
    (tmp_path / "b" / "x").write_text("yz")
    assert digest([tmp_path / "a"]) != digest([tmp_path / "b"])


def test_directories_their_order_and_extra_count(one: Path, tmp_path: Path) -> None:
    two = tmp_path / "two"
    two.mkdir()
    (two / "file").write_text("x")
    digests = [
        digest([one]),
        digest([two]),
        digest([one, two]),
        digest([two, one]),
        digest([one], {"VERSION": "6.10", "n": [1]}),
        digest([one], {"VERSION": "6.10.0.1", "n": [1]}),
    ]
    assert len(set(digests)) == len(digests)
    assert digest([one], {"a": 1, "b": 2}) == digest([one], {"b": 2, "a": 1})


def test_a_pipe_is_an_error(one: Path) -> None:
    os.mkfifo(one / "pipe")
    with pytest.raises(ValueError, match="neither a file nor a symbolic link"):
        digest([one])
