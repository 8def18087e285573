# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands in for OneGate: tells a virtual machine about itself, where its token is its own."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET

from cloud import Handler, Refused, Service, log
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def decrypted(password: str, token: str) -> str:
    """The token's text: AES-256-CBC under 32 characters of its owner's TOKEN_PASSWORD, with an IV of zeros."""
    decryptor = Cipher(algorithms.AES(password[:32].encode()), modes.CBC(bytes(16))).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    text = unpadder.update(decryptor.update(base64.b64decode(token)) + decryptor.finalize())
    return (text + unpadder.finalize()).decode()


class Gate(Handler):
    def machine(self) -> ET.Element:
        """The virtual machine that asks. Raises ValueError and Refused where it does not prove itself."""
        token, vmid = self.headers["X-ONEGATE-TOKEN"], self.headers["X-ONEGATE-VMID"]
        if token is None or vmid is None:
            raise ValueError("X_ONEGATE_TOKEN or X_ONEGATE_VMID header not present")
        vm = ET.fromstring(self.service.as_server("vm.info", int(vmid), False))
        owner = ET.fromstring(self.service.as_server("user.info", int(vm.findtext("TEMPLATE/CREATED_BY", "")), False))
        text = decrypted(owner.findtext("TEMPLATE/TOKEN_PASSWORD", ""), token)
        if text.split(":") != [vm.findtext("ID"), vm.findtext("STIME")]:
            raise ValueError("token content does not match")
        return vm

    def do_GET(self) -> None:
        if self.path.rstrip("/") not in ("", "/vm", "/service"):
            self.reply(400, "unknown path")
            return
        try:
            vm = self.machine()
        except (OSError, ValueError, Refused) as error:
            log.error("Unauthorized login attempt %s", error)
            self.reply(401, "Not authorized")
        else:
            self.reply(200, json.dumps({"VM": {"ID": vm.findtext("ID"), "NAME": vm.findtext("NAME")}}))


if __name__ == "__main__":
    Gate.service = Service("onegate")
    Gate.service.serve(Gate)
