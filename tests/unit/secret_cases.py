# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Secrets in every place where an operator may put one, and an oned that is given them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.common.parameters import PASS_VARS
from cloud_model import Cloud
from http_server import serve
from module_cases import NEEDED, Item, ModuleCase, cloud

PASSWORD = "s3cr3t-of-the-api"
# Every kind of place in a template, and a name of the operator's own that oned keeps encrypted.
PLACES = {
    "bmc_password": "s3cr3t-{}-1",
    "IPMI": {"USER": "root", "Password": "s3cr3t-{}-2"},
    "API_TOKEN": ["s3cr3t-{}-3", "s3cr3t-{}-4"],
    "CONTEXT": {"PASSWORD": "s3cr3t-{}-5", "SSH_PRIVATE_KEY": "-----BEGIN\ns3cr3t-{}-6\n-----END", "NETWORK": "YES"},
    "EC2_ACCESS": "s3cr3t-{}-7",
    "AZ_CLIENT": "s3cr3t-{}-8",
    "RESTIC_PASSWORD": "s3cr3t-{}-9",
    "SSH_PASSPHRASE": "s3cr3t-{}-10",
    "SECRET_ACCESS_KEY": "s3cr3t-{}-11",
    "NIC": [{"NETWORK": "a", "IPAM_PASSWORD": "s3cr3t-{}-12"}, {"NETWORK": "b", "IPAM_PASSWORD": "s3cr3t-{}-13"}],
    "MIRROR": "https://user:s3cr3t-{}-14@mirror.example.org/one",
}


def filled(value: Any, word: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, word) for key, inner in value.items()}
    return [filled(item, word) for item in value] if isinstance(value, list) else value.replace("{}", word)


def items(case: ModuleCase, word: str) -> list[Any]:
    """An object with secrets wherever its module takes some."""
    found = case.items(template={**NEEDED.get(case.name, {}), **filled(PLACES, word)} if case.free else None)
    if case.name == "one_user":
        found[0]["password"] = f"s3cr3t-{word}-user"
    if case.name == "one_vnet":
        found[0]["ranges"][0] = {**found[0]["ranges"][0], "ipam_password": f"s3cr3t-{word}-range"}
    return found


def secret(text: str) -> list[str]:
    """What of a text gives a secret away, digests of users' passwords included."""
    digests = [hashlib.sha256(f"s3cr3t-{word}-user".encode()).hexdigest() for word in ("old", "new")]
    return [text[max(0, at - 60) : at + 40] for word in ("s3cr3t", *digests) if (at := text.find(word)) >= 0]


class ServedCloud:
    """A model of oned and the URL at which it is served."""

    def __init__(self, made: Cloud, url: str) -> None:
        self.cloud, self.url = made, url

    def options(self, **options: Any) -> Item:
        shown = {"_ansible_diff": True}
        # Before 2.21 modules tell their arguments without being asked to, and take the question for an option.
        if "inject_invocation" in PASS_VARS:
            shown["_ansible_inject_invocation"] = True
        return {"api_url": f"{self.url}/RPC2", "api_password": PASSWORD, **shown, **options}


@contextmanager
def served() -> Iterator[ServedCloud]:
    made = cloud()
    made.session = f"oneadmin:{PASSWORD}"
    with serve(lambda _path, _headers, body: (200, "text/xml", made.answer(body))) as server:
        yield ServedCloud(made, server.url)
