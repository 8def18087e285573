# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors between a module and oned. Every exception has method, code and message."""

from __future__ import annotations

# Codes of the XML-RPC API (OpenNebula 6.10, XML-RPC reference; seen in tests/contract/transcripts/*/02_errors.jsonl).
AUTHENTICATION = 256
AUTHORIZATION = 512
NOT_FOUND = 1024
ACTION = 2048
API = 4096
INTERNAL = 8192
ALLOCATE = 16384


class OnedError(Exception):
    """oned answered, and the answer is a failure.

    method: XML-RPC method, "" when no call was involved.
    code: oned's error code, a negative XML-RPC fault code, or 0 when the error is not oned's.
    message: oned's own text without its "[method] " prefix.
    """

    def __init__(self, method: str, code: int, message: str) -> None:
        self.method = method
        self.code = code
        self.message = message.removeprefix(f"[{method}] ").strip()
        super().__init__(method, code, self.message)

    def __str__(self) -> str:
        if self.code:
            return f"{self.method}: {self.message} (code {self.code})"
        return self.message


class Persistent(OnedError):
    """A transient refusal that lasted longer than the limit for retries. oned has not executed the call."""


class SetupError(OnedError):
    """Nothing was sent: a library, a kubeconfig or an option of the client is missing or wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("", 0, message)


class Unreachable(OnedError):
    """The call certainly did not reach oned, so repeating it is harmless.

    passing: whether the cause is transient (oned is starting, no endpoint yet).
    """

    def __init__(self, message: str, *, passing: bool = False, method: str = "") -> None:
        self.passing = passing
        super().__init__(method, 0, message)


class NoAnswer(OnedError):
    """The call was sent and no answer came: oned may have executed it, or may still execute it.

    Without quorum oned holds a write and commits it later, so look up the object before repeating the call.
    """

    def __init__(self, message: str, *, method: str = "") -> None:
        super().__init__(method, 0, message)
