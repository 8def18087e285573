# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed keys and blocks in files of the operator. The rest of a file stays as it is, to the byte.

All functions work on bytes, because a file of the operator may have any encoding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# The comment of every managed key begins with this, whichever front-end the key came from.
KEY_MARK = "kubenebula:"
_PUBLIC_KEY = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+=*")
_BLOCK = re.compile(
    rb"^# BEGIN front-end [^\n]*\n(?:(?!# BEGIN front-end )[^\n]*\n)*?# END front-end [^\n]*(?:\n|\Z)", re.MULTILINE
)


def key_line(key: str, front_end: str) -> str:
    """The line that authorizes a public key (type, base64, any comment), marked as managed.

    Raises ValueError if `key` is no public key.
    """
    fields = key.split()
    if not _PUBLIC_KEY.fullmatch(" ".join(fields[:2])):
        raise ValueError("a public key is its type and its base64 text, as in ssh-ed25519 AAAA...")
    return f"{fields[0]} {fields[1]} {KEY_MARK}{front_end}"


def with_keys(text: bytes, lines: Sequence[str]) -> bytes:
    """An authorized_keys file with these lines as its only managed ones, before all others."""
    managed = {line.split()[1].encode() for line in lines}
    kept = [line for line in text.splitlines(keepends=True) if not _is_managed(line, managed)]
    return b"".join([f"{line}\n".encode() for line in lines] + kept)


def _is_managed(line: bytes, managed: set[bytes]) -> bool:
    fields = line.split()
    if not fields or fields[0].startswith(b"#"):
        return False
    return fields[-1].startswith(KEY_MARK.encode()) or not managed.isdisjoint(fields)


def without_block(text: bytes) -> bytes:
    """A file without any managed block, whichever front-end it is for."""
    return _BLOCK.sub(b"", text)


def with_block(text: bytes, front_end: str, block: str, first: bool) -> bytes:
    """A file with `block` as its only managed block, at the beginning or the end. An empty block removes it."""
    rest = without_block(text)
    lines = block.strip("\n")
    if not lines:
        return rest
    marked = f"# BEGIN front-end {front_end}\n{lines}\n# END front-end {front_end}\n".encode()
    if first:
        return marked + rest
    complete = rest if not rest or rest.endswith(b"\n") else rest + b"\n"
    return complete + marked
