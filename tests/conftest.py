# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What takes long begins first, so that no worker ends long after the others."""

from __future__ import annotations

import pytest

# Files whose tests, few or many, take the longest.
LONG = (
    "test_registration.py",
    "test_transcripts.py",
    "test_two_processes.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)
