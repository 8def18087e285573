# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Load the scripts of the images, which have no suffix."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

IMAGES = Path(__file__).parents[3] / "images"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Return a function that loads a script, given its path below ``images``."""

    def load(path: str) -> ModuleType:
        # as for a script that is run: its own folder comes first
        monkeypatch.syspath_prepend((IMAGES / path).parent)
        name = Path(path).name.replace("-", "_")
        loader = importlib.machinery.SourceFileLoader(name, str(IMAGES / path))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
        loader.exec_module(module)
        return module

    return load
