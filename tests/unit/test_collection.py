# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the collection says of its modules is true of all of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("one_*.py"))
DECLARING = [name for name in MODULES if not name.endswith("_info")]


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.kubenebula.opennebula.plugins.modules.{name}")


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["action_groups"]["oned"] == MODULES


def test_every_module_has_a_twin_and_stands_in_the_readme() -> None:
    assert [f"{name}_info" for name in DECLARING] == [name for name in MODULES if name.endswith("_info")]
    lines = (ROOT / "README.md").read_text().splitlines()
    assert sorted(line.split("`")[1] for line in lines if line.startswith("| `one_")) == DECLARING


@pytest.mark.parametrize("name", DECLARING)
def test_options_are_documented_as_they_are(name: str) -> None:
    documented = yaml.safe_load(module(name).DOCUMENTATION)
    taken = module(name).argument_spec()
    shared = {"state", "template_mode", "planned", *options.connection_spec()} - set(documented["options"])
    assert set(taken) - shared == set(documented["options"])
    for option, spec in taken.items():
        if "options" in spec and option not in shared:
            suboptions = documented["options"][option]["suboptions"]
            assert set(spec["options"]) == set(suboptions)
            for inner, told in suboptions.items():
                assert told["type"] == spec["options"][inner].get("type", "str")
                assert told.get("required", False) == spec["options"][inner].get("required", False)
                assert told.get("choices") == spec["options"][inner].get("choices")


@pytest.mark.parametrize("name", DECLARING)
def test_what_may_be_planned_is_documented_where_it_is_taken(name: str) -> None:
    from ansible_collections.kubenebula.opennebula.plugins.doc_fragments import planned

    fragments = yaml.safe_load(module(name).DOCUMENTATION)["extends_documentation_fragment"]
    taken = module(name).argument_spec().get("planned")
    assert ("kubenebula.opennebula.planned" in fragments) == (taken is not None)
    if taken is not None:
        documented = yaml.safe_load(planned.ModuleDocFragment.DOCUMENTATION)["options"]["planned"]
        assert taken["options"].keys() == documented["suboptions"].keys()


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_small(name: str) -> None:
    lines = (ROOT / "plugins/modules" / f"{name}.py").read_text().partition("\nfrom ansible_collections")[2]
    assert len(lines.splitlines()) <= 150
