# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Our part of an operator's file comes and goes, and nothing else moves by a byte."""

from __future__ import annotations

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import managed_block
from hypothesis import given
from hypothesis import strategies as st

KEY = "ssh-ed25519 AAAAnew"
OURS = managed_block.key_line(KEY, "cloud")
# What may stand in somebody's file: comments, options, other encodings, no end of line.
THEIRS = [
    b"",
    b"# a comment\n",
    b'from="192.0.2.0/24",command="echo kubenebula: no" ssh-rsa AAAAb me@desk\n',
    b"ssh-ed25519 AAAAc",
    b"\n\n  \nssh-rsa AAAAd caf\xe9\r\nssh-rsa AAAAe\r\n",
    b"#ssh-ed25519 AAAAold kubenebula:cloud\n",
]


@pytest.mark.parametrize("theirs", THEIRS)
def test_keys_come_first_and_go_without_a_trace(theirs: bytes) -> None:
    with_ours = managed_block.with_keys(theirs, [OURS])
    assert with_ours == f"{OURS}\n".encode() + theirs
    assert managed_block.with_keys(with_ours, [OURS]) == with_ours
    assert managed_block.with_keys(with_ours, []) == theirs


def test_stale_keys_of_ours_go() -> None:
    text = b"ssh-rsa AAAAmine me\nssh-ed25519 AAAAold kubenebula:earlier\nno-pty ssh-ed25519 AAAAolder kubenebula:x\n"
    assert managed_block.with_keys(text, [OURS]) == f"{OURS}\n".encode() + b"ssh-rsa AAAAmine me\n"


def test_our_key_that_was_put_there_by_hand_is_not_duplicated() -> None:
    assert (
        managed_block.with_keys(f"{KEY} by hand\nssh-rsa AAAAmine\n".encode(), [OURS])
        == f"{OURS}\nssh-rsa AAAAmine\n".encode()
    )


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "AAAA only a text", "ssh-ed25519 AA\u00e4", "ssh-rsa AAAA=B x"])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a public key is its type and its base64 text"):
        managed_block.key_line(key, "cloud")


@given(theirs=st.binary(max_size=200), block=st.sampled_from(["Host a", "Host a\n  Port 1\n"]), first=st.booleans())
def test_a_block_comes_and_goes(theirs: bytes, block: str, first: bool) -> None:
    ended = theirs if first or not theirs or theirs.endswith(b"\n") else theirs + b"\n"
    once = managed_block.with_block(theirs, "cloud", block, first)
    assert managed_block.with_block(once, "cloud", block, first) == once
    assert managed_block.without_block(once) == ended
    assert once.startswith(b"# BEGIN front-end cloud\n") if first else once.startswith(ended)


def test_a_block_of_another_front_end_gives_way() -> None:
    text = b"mine\n# BEGIN front-end old\nHost old\n# END front-end old\nmine too\n"
    assert managed_block.with_block(text, "new", "Host new", True) == (
        b"# BEGIN front-end new\nHost new\n# END front-end new\nmine\nmine too\n"
    )
    assert managed_block.with_block(text, "new", "", False) == b"mine\nmine too\n"


def test_a_block_without_an_end_is_not_ours_to_cut() -> None:
    text = b"# BEGIN front-end old\nHost old\nmine\n"
    assert managed_block.without_block(text) == text
