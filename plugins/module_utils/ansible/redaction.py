# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redaction: an AnsibleModule that hides the secrets in templates.

Ansible hides options that are secrets as a whole. In an option `template` users name the attributes, and some of them
are secrets. These must appear neither in the arguments that -vvv shows nor in the system's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def module(argument_spec: Mapping[str, Any]) -> AnsibleModule:
    """The module, which supports check mode. Ends the process if the arguments are not valid."""
    from ansible.module_utils.basic import AnsibleModule

    class RedactingModule(AnsibleModule):  # type: ignore[misc]  # Ansible ships no types
        def exit_json(self, **result: Any) -> None:
            super().exit_json(**_redacted(self.params, result))

        def fail_json(self, msg: str, **result: Any) -> None:
            super().fail_json(**_redacted(self.params, {**result, "msg": msg}))

    # no_log keeps the arguments out of the system's log, where Ansible would write templates as they are.
    return RedactingModule(argument_spec=argument_spec, supports_check_mode=True, no_log=True)


def _redacted(params: Any, result: dict[str, Any]) -> dict[str, Any]:
    hidden = set(secrets.values(params))
    shown = {**result, "invocation": {"module_args": secrets.options(params)}}
    if "msg" in result:
        shown["msg"] = secrets.message(result["msg"], hidden)
    if "results" in result:
        shown["results"] = [{**entry, "msg": secrets.message(entry["msg"], hidden)} for entry in result["results"]]
    return shown
