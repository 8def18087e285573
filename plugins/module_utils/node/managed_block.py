# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our part of a file that belongs to somebody else: written, replaced and taken out, the rest untouched to the byte.

Everything here works on bytes: a file of an operator may be in any encoding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# The comment of an authorized key begins with this when the key is ours, whichever cloud it came from.
KEY_MARK = "kubenebula:"
_PUBLIC_KEY = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+=*")
_BLOCK = re.compile(
    rb"^# BEGIN front-end [^\n]*\n(?:(?!# BEGIN front-end )[^\n]*\n)*?# END front-end [^\n]*(?:\n|\Z)", re.MULTILINE
)


def key_line(key: str, front_end: str) -> str:
    """The line that authorizes a public key (type, base64, any comment), marked as ours.

    Raises ValueError for what is no public key.
    """
    fields = key.split()
    if not _PUBLIC_KEY.fullmatch(" ".join(fields[:2])):
        raise ValueError("a public key is its type and its base64 text, as in ssh-ed25519 AAAA...")
    return f"{fields[0]} {fields[1]} {KEY_MARK}{front_end}"


def with_keys(text: bytes, lines: Sequence[str]) -> bytes:
    """An authorized_keys file with these lines as the only ones of ours, before all others."""
    ours = {line.split()[1].encode() for line in lines}
    kept = [line for line in text.splitlines(keepends=True) if not _is_ours(line, ours)]
    return b"".join([f"{line}\n".encode() for line in lines] + kept)


def _is_ours(line: bytes, ours: set[bytes]) -> bool:
    fields = line.split()
    if not fields or fields[0].startswith(b"#"):
        return False
    return fields[-1].startswith(KEY_MARK.encode()) or not ours.isdisjoint(fields)


def without_block(text: bytes) -> bytes:
    """A file without any block of ours, whichever front-end it speaks of."""
    return _BLOCK.sub(b"", text)


def with_block(text: bytes, front_end: str, block: str, first: bool) -> bytes:
    """A file with `block` as its only one of ours: before everything else, or after it. An empty block is none."""
    rest = without_block(text)
    lines = block.strip("\n")
    if not lines:
        return rest
    marked = f"# BEGIN front-end {front_end}\n{lines}\n# END front-end {front_end}\n".encode()
    if first:
        return marked + rest
    ended = rest if not rest or rest.endswith(b"\n") else rest + b"\n"
    return ended + marked
