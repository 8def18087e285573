# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Address ranges: which are refused, in one notation, and when two are the same."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import ranges
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError

IP4 = {"type": "IP4", "ip": "10.0.0.1", "size": 9}
STATIC = {"type": "IP6_STATIC", "ip6": "2001:db8::10", "prefix_length": 64}
IP6 = {"type": "IP6", "size": 9, "global_prefix": "2001:db8::"}
MAC = "02:00:0a:00:00:01"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**IP4, "type": "IP5"}, "TYPE: 'IP5' is none of ETHER, IP4, IP6, IP4_6, IP6_STATIC, IP4_6_STATIC"),
    ({"type": "IP4", "size": 9}, "a range needs type and size, and one of type IP4 also ip"),
    ({**IP4, "ip": ""}, "one of type IP4 also ip"),
    ({**IP4, "ip": "10.0.0.256"}, "IP: '10.0.0.256' is not an IPv4 address such as 192.0.2.10"),
    ({**IP4, "ip": "10.0.0.1/24"}, "IP: '10.0.0.1/24' is not an IPv4 address"),
    ({**IP4, "ip": "10.0.0.010"}, "IP: '10.0.0.010' is not an IPv4 address"),
    ({**IP4, "ip": 10.1}, "IP: '10.1' is not an IPv4 address"),
    ({**IP4, "ip": "2001:db8::1"}, "IP: '2001:db8::1' is not an IPv4 address"),
    ({**IP4, "ip": "255.255.255.250", "size": 7}, "SIZE: there are no 7 addresses from 255.255.255.250 on"),
    ({**STATIC, "ip6": f"{'ffff:' * 7}fff0", "size": 17}, "SIZE: there are no 17 addresses from ffff"),
    ({**IP4, "size": -1}, "SIZE: '-1' is not a whole number up to 18446744073709551615"),
    ({**IP4, "size": True}, "SIZE: 'YES' is not a whole number"),
    ({**IP4, "size": 1.5}, "SIZE: '1.5' is not a whole number"),
    ({**IP4, "size": 2**64}, f"SIZE: '{2**64}' is not a whole number"),
    ({**IP4, "mac": "02-00-0a-00-00-01"}, "MAC: '02-00-0a-00-00-01' is not a MAC address such as '02:00:c0:00:02:0a'"),
    ({**IP4, "mac": "02:00:0a:00:00:0g"}, "MAC: '02:00:0a:00:00:0g' is not a MAC address"),
    (
        {**IP4, "mac": 41135085296},
        'AR.MAC: YAML reads a MAC address without quotes as a number: quote it, as in "52:54:',
    ),
    ({**IP4, "port_start": "ssh"}, "PORT_START: 'ssh' is not a port"),
    ({**IP4, "ar_id": 3}, "AR_ID: oned sets it itself, so leave it out"),
    ({**IP4, "ip_end": "10.0.0.9"}, "IP_END: oned sets it itself, so leave it out"),
    (
        {**IP4, "prefix_length": 24},
        "PREFIX_LENGTH: oned drops it from a range of type IP4: leave it out, or choose one of",
    ),
    ({"type": "ETHER", "size": 3, "ip": "10.0.0.1"}, "IP: oned drops it .* choose one of IP4, IP4_6, IP4_6_STATIC"),
    ({**STATIC, "ula_prefix": "fd00::"}, "ULA_PREFIX: oned drops it from a range of type IP6_STATIC"),
    ({**IP6, "ip6": "2001:db8::1"}, "IP6: oned drops it from a range of type IP6: .* IP6_STATIC, IP4_6_STATIC"),
    (
        {**IP6, "global_prefix": "2001:db8::/64"},
        "GLOBAL_PREFIX: '2001:db8::/64' is not an IPv6 prefix",
    ),
    ({**IP6, "size": ""}, "a range needs type and size$"),
    ({**STATIC, "prefix_length": ""}, "one of type IP6_STATIC also prefix_length"),
    ({**STATIC, "prefix_length": 129}, "PREFIX_LENGTH: '129' is not a whole number up to 128"),
    ({**STATIC, "ip6": "fe80::1%eth0"}, "IP6: 'fe80::1%eth0' is not an IPv6 address"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_oned_would_refuse_or_drop_is_told(given: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        ranges.desired(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**IP4, "size": "09"}, {"TYPE": "IP4", "IP": "10.0.0.1", "SIZE": "9"}),
        ({**IP4, "type": "ip4", "mac": "2:0:A:0:0:1"}, {"TYPE": "IP4", "IP": "10.0.0.1", "SIZE": "9", "MAC": MAC}),
        ({**IP4, "size": 0, "note": ""}, {"TYPE": "IP4", "IP": "10.0.0.1", "SIZE": "0", "NOTE": ""}),
        ({**IP4, "ip": "255.255.255.250", "size": 6, "mac": ""}, {"TYPE": "IP4", "IP": "255.255.255.250", "SIZE": "6"}),
        # oned fills its prefix.
        ({**STATIC, "ip6": "2001:0DB8:0::10"}, {"TYPE": "IP6_STATIC", "IP6": "2001:db8::10", "PREFIX_LENGTH": "64"}),
        ({**IP6, "global_prefix": "2001:DB8::7"}, {"TYPE": "IP6", "SIZE": "9", "GLOBAL_PREFIX": "2001:db8::"}),
        ({**IP6, "global_prefix": ""}, {"TYPE": "IP6", "SIZE": "9", "GLOBAL_PREFIX": ""}),
    ],
)
def test_values_get_one_notation(given: dict[str, Any], expected: dict[str, str]) -> None:
    assert ranges.desired(given) == expected


def test_an_ipam_driver_completes_ranges() -> None:
    assert ranges.desired({"type": "IP4", "ipam_mad": "equinix"}) == {"TYPE": "IP4", "IPAM_MAD": "equinix"}
    assert ranges.desired({"type": "IP4"}, "equinix") == {"TYPE": "IP4"}
    for given, network in (({}, "internal"), ({"ipam_mad": "internal"}, "equinix")):
        with pytest.raises(TemplateError, match="a range needs type and size"):
            ranges.desired({"type": "IP4", **given}, network)


def found(wanted: list[dict[str, Any]], existing: list[dict[str, str]], *in_use: str) -> list[tuple[str, list[str]]]:
    """The ids of the ranges that are found, with what is to be changed of them, then those that are too many."""
    listed = [{"AR_ID": str(number), **entry} for number, entry in enumerate(existing)]
    result = ranges.match([ranges.desired(given) for given in wanted], listed, in_use)
    assert len(result.missing) == len(wanted) - len(result.pairs)
    pairs = [(entry["AR_ID"], list(ranges.changed(given, entry))) for given, entry in result.pairs]
    return pairs + [(entry["AR_ID"], ["surplus"]) for entry in result.surplus]


def test_values_are_compared_not_their_spelling() -> None:
    stored = {"TYPE": "ip4", "IP": "10.0.0.1", "SIZE": "09", "MAC": "2:0:A:0:0:1"}
    assert found([{**IP4, "mac": MAC.upper()}], [stored]) == [("0", [])]
    stored = {"TYPE": "IP6_STATIC", "IP6": "2001:0DB8:0:0::10", "PREFIX_LENGTH": "064", "SIZE": "4294967280"}
    assert found([STATIC], [stored]) == [("0", [])]
    stored = {"TYPE": "IP6", "GLOBAL_PREFIX": "2001:DB8:0::", "ULA_PREFIX": "", "SIZE": "9", "MAC": MAC}
    assert found([{**IP6, "ula_prefix": ""}], [stored]) == [("0", [])]
    # oned reads this as zeros, and stores it.
    assert found([{"type": "ETHER", "size": 3}], [{"TYPE": "ETHER", "SIZE": "3", "MAC": "a:b:c:nonsense"}]) == [
        ("0", [])
    ]


def test_prefixes_and_their_lengths_are_changed_in_place() -> None:
    stored = {"TYPE": "IP6_STATIC", "IP6": "2001:db8::10", "PREFIX_LENGTH": "64", "SIZE": "5"}
    assert found([{**STATIC, "prefix_length": "48"}], [stored], "0") == [("0", ["PREFIX_LENGTH"])]
    stored = {"TYPE": "IP6", "GLOBAL_PREFIX": "2001:db8:1::", "SIZE": "9"}
    assert found([{**IP6, "ula_prefix": "fd00::"}], [stored], "0") == [("0", ["GLOBAL_PREFIX", "ULA_PREFIX"])]
    assert found([{**IP6, "global_prefix": ""}], [stored], "0") == [("0", ["GLOBAL_PREFIX"])]


def test_the_order_of_ranges_that_are_alike_does_not_matter() -> None:
    prefixes = ["2001:db8:1::", "2001:db8:2::"]
    stored = [{"TYPE": "IP6", "GLOBAL_PREFIX": prefix, "SIZE": "9"} for prefix in prefixes]
    wanted = [{**IP6, "global_prefix": prefix} for prefix in reversed(prefixes)]
    assert found(wanted, stored) == [("1", []), ("0", [])]
    assert found([{**wanted[0], "size": 7}, wanted[1]], stored) == [("1", ["SIZE"]), ("0", [])]
    sizes = [{"TYPE": "ETHER", "SIZE": size} for size in ("3", "4")]
    assert found([{"type": "ETHER", "size": 4}, {"type": "ETHER", "size": 3}], sizes) == [("1", []), ("0", [])]


def test_a_range_in_use_is_kept_rather_than_another() -> None:
    sizes = [{"TYPE": "ETHER", "SIZE": size} for size in ("3", "4")]
    assert found([{"type": "ETHER", "size": 9}], sizes) == [("0", ["SIZE"]), ("1", ["surplus"])]
    assert found([{"type": "ETHER", "size": 9}], sizes, "1") == [("1", ["SIZE"]), ("0", ["surplus"])]


def test_a_range_of_another_driver_is_another_range() -> None:
    stored = {"TYPE": "IP4", "IP": "10.0.0.1", "SIZE": "9"}
    assert found([{**IP4, "ipam_mad": "internal"}], [stored]) == [("0", [])]
    assert found([{**IP4, "ipam_mad": "equinix"}], [stored]) == [("0", ["surplus"])]
    assert found([IP4], [{**stored, "IPAM_MAD": "equinix"}]) == [("0", [])]


@pytest.mark.parametrize(
    ("allocated", "last"),
    [(" 2 73014444031 11 7", 11), (" 0 4294967295", 0), ("", None), ("of what somebody wrote", None)],
)
def test_the_last_address_in_use(allocated: str, last: int | None) -> None:
    assert ranges.last_in_use({"SIZE": "20", "ALLOCATED": allocated}) == last
    assert ranges.stored({"SIZE": "20", "ALLOCATED": allocated, "MAC_END": "x"}) == {"SIZE": "20"}
