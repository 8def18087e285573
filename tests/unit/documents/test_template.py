# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenNebula's template syntax."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template
from hypothesis import given
from hypothesis import strategies as st

# XML has no control characters but line ends and tabs, and the XML-RPC library of oned takes nothing beyond U+FFFF.
CHARACTERS = st.characters(max_codepoint=0xFFFD, exclude_categories=["Cs", "Cc"], include_characters="\n\t")
TEXT = st.text(CHARACTERS, max_size=12).filter(lambda value: "]]>" not in value and not value.endswith("\\"))
KEY = st.from_regex(r"[A-WYZ][A-Z0-9_]{0,6}", fullmatch=True)
VECTOR = st.dictionaries(KEY, TEXT, min_size=1, max_size=3)
ITEM = TEXT | VECTOR
TEMPLATES = st.dictionaries(KEY, ITEM | st.lists(ITEM, min_size=2, max_size=3), max_size=4)


@given(TEMPLATES)
def test_what_is_rendered_is_read_back(desired: template.Template) -> None:
    assert template.parse(template.render(desired)) == desired


@given(TEMPLATES)
def test_normalizing_twice_changes_nothing(desired: template.Template) -> None:
    assert template.normalize(desired) == desired


def test_values_become_what_oned_answers() -> None:
    desired = {"note": 'he said "hi"\r\n', "Ha": True, "no": False, "n": 7, "f": 1.5, "v": {"a": 1}, "l": [{"b": 2}]}
    assert template.normalize(desired) == {
        "NOTE": 'he said "hi"\n',
        "HA": "YES",
        "NO": "NO",
        "N": "7",
        "F": "1.5",
        "V": {"A": "1"},
        "L": {"B": "2"},
    }


def test_rendering_is_what_the_transcripts_show_oned_to_take() -> None:
    # mariadb/03_hosts.jsonl, 74 and 83
    text = template.render({"NOTE": "second", "TAGS": {"A": "1", "B": "2"}, "ESC": 'a"b<c>&d é'})
    assert text == 'NOTE="second"\nTAGS=[ A="1", B="2" ]\nESC="a\\"b<c>&d é"'


def test_repeated_vectors_are_repeated_attributes() -> None:
    assert template.render({"NIC": [{"A": "1"}, {"A": "2"}], "X": ["p", "q"]}) == (
        'NIC=[ A="1" ]\nNIC=[ A="2" ]\nX="p"\nX="q"'
    )


def test_a_value_that_ends_with_a_backslash_is_not_quoted() -> None:
    # oned's lexer would take \" for an escaped quote and read on into the next attribute
    assert template.render(template.normalize({"A": "C:\\", "B": "x"})) == 'A=C:\\\nB="x"'
    assert template.parse('A=C:\\\nB="x"') == {"A": "C:\\", "B": "x"}


@pytest.mark.parametrize(
    ("desired", "reason"),
    [
        ({"a b": 1}, "a b: attribute names are"),
        ({"1a": 1}, "1a: attribute names are"),
        ({7: 1}, "7: attribute names are"),
        ({"xmlns": 1}, "xmlns: oned stores names that begin with XML as ONE_XMLNS"),
        ({"a": 1, "A": 2}, "A is given twice"),
        ({"v": {"a": 1, "A": 2}}, "V.A is given twice"),
        ({"v": {"a": {"b": 1}}}, "V.A: oned's vectors hold plain values"),
        ({"v": {"a": [1]}}, "V.A: oned's vectors hold plain values"),
        ({"v": {}}, "V: a vector needs"),
        ({"v": []}, "V: an empty list"),
        ({"v": None}, "V: None is neither text nor a number"),
        ({"v": "a\x00"}, "V: control characters"),
        ({"v": "a\U0001f600b"}, "V: control characters cannot be stored, nor emoji and the like: '\U0001f600'"),
        ({"v": {"a": "\U00010000"}}, "V.A: control characters cannot be stored, nor emoji"),
        ({"v": ["x", "\ufffe"]}, "V: control characters"),
        ({"v": "a]]>b"}, "V: oned refuses"),
        ({"v": "a b\\"}, "V: a value with blanks"),
        ({"v": {"b c": 1}}, "V.b c: attribute names are"),
    ],
)
def test_what_oned_cannot_hold_is_named(desired: dict[Any, Any], reason: str) -> None:
    with pytest.raises(template.TemplateError, match=f"^{reason}"):
        template.normalize(desired)


def test_reading_copes_with_comments_blank_values_and_bare_words() -> None:
    text = '# first\nA=1\nB =\nC = [ D = x, E="y z" ]\nC=[ F="" ]\n'
    assert template.parse(text) == {"A": "1", "B": "", "C": [{"D": "x", "E": "y z"}, {"F": ""}]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("this is not = = [", "line 1"), ('A="1"\n]', "line 2"), ("A=[ B=1", "never closed"), ('A="1', "line 1")],
)
def test_reading_names_the_line_it_cannot_read(text: str, reason: str) -> None:
    with pytest.raises(template.TemplateError, match=reason):
        template.parse(text)


def test_empty_members_of_a_vector_count_as_absent() -> None:
    assert template.same({"A": "1", "B": ""}, {"A": "1"})
    assert template.same(["a"], "a")
    assert not template.same({"A": "1"}, {"A": "2"})
    assert not template.same("a", None)
    assert not template.same(["a", "b"], ["b", "a"])


@pytest.mark.parametrize("mac", ["52:54:00:12:34:56", "10:00:00:00:00:00", "99:59:59:59:59:59"])
@pytest.mark.parametrize("path", [("NIC", "mac"), ("CONTEXT", "ETH0_MAC")])
def test_a_mac_address_that_yaml_reads_as_a_number_is_told(mac: str, path: tuple[str, str]) -> None:
    number = yaml.safe_load(mac)
    assert isinstance(number, int)
    with pytest.raises(template.TemplateError, match=f'{path[0]}.{path[1].upper()}: .* quote it, as in "{mac}"'):
        template.normalize({path[0]: {path[1]: number}})
    assert template.normalize({path[0]: {path[1]: mac}, "SIZE": number})["SIZE"] == str(number)
