# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of every scenario ask for is in shared/cloud.py."""

from __future__ import annotations

pytest_plugins = ["cloud"]
