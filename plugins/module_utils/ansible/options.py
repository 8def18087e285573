# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that modules share, the client built from them, and the one place where errors become fail_json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import observed
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.protocol import Observed
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import forward, kube
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.characters import bad_character
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError, SetupError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.transport import HttpTransport, Transport

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

W = TypeVar("W", bound=Observed)
# Seconds.
LONGEST_TIMEOUT = 3600.0
STATE = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
TEMPLATE_MODE = {"template_mode": {"type": "str", "choices": ["merge", "replace"], "default": "merge"}}
# Options of an object, for declared_spec.
NEW_NAME = {"new_name": {"type": "str"}}
TEMPLATE = {"template": {"type": "dict"}}
CLUSTERS = {"clusters": {"type": "list", "elements": "str"}}

# Names of objects that do not exist yet, for check mode: doc fragment kubenebula.opennebula.planned.
PLANNED = {
    "planned": {
        "type": "dict",
        "options": {option: {"type": "list", "elements": "str"} for option in sorted(observed.PLANNED.values())},
    }
}
WAIT = {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 300}}


def connection_spec() -> dict[str, dict[str, Any]]:
    """Argument spec of the doc fragment kubenebula.opennebula.oned."""
    from ansible.module_utils.basic import env_fallback

    return {
        "api_url": {"type": "str", "fallback": (env_fallback, ["ONE_URL"])},
        "api_username": {"type": "str", "default": "oneadmin", "fallback": (env_fallback, ["ONE_USERNAME"])},
        "api_password": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["ONE_PASSWORD"])},
        "validate_certs": {"type": "bool", "default": True},
        "ca_cert": {"type": "path"},
        "kubeconfig": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG"])},
        "kube_context": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_CONTEXT"])},
        "namespace": {"type": "str", "default": "opennebula"},
        "release": {"type": "str", "default": "opennebula"},
        "timeout": {"type": "float", "default": 30.0},
    }


def declared_spec(kind: str, options: Mapping[str, Any], **item: Any) -> dict[str, dict[str, Any]]:
    """Argument spec of a module that declares named objects.

    kind: name of the option that lists them. options: of one object, beside name. item: such as mutually_exclusive.
    """
    entry = {"name": {"type": "str", "required": True}, **options}
    return {
        **connection_spec(),
        kind: {"type": "list", "elements": "dict", "required": True, "options": entry, **item},
        **STATE,
        **TEMPLATE_MODE,
    }


def info_spec() -> dict[str, dict[str, Any]]:
    """Argument spec of a module that lists objects: connection, and the doc fragment kubenebula.opennebula.info."""
    return {
        **connection_spec(),
        "names": {"type": "list", "elements": "str"},
        "ids": {"type": "list", "elements": "int"},
    }


def transport(params: Mapping[str, Any]) -> Transport:
    """The way to oned: api_url if given, else service proxy or port-forwards, as granted. Raises SetupError."""
    if params["api_url"]:
        return HttpTransport(params["api_url"], validate_certs=params["validate_certs"], ca_cert=params["ca_cert"])
    config = kube.configuration(params["kubeconfig"], params["kube_context"])
    if not params["validate_certs"]:
        config.verify_ssl = False
    if params["ca_cert"]:
        config.ssl_ca_cert = params["ca_cert"]
    proxy = kube.KubeTransport(config, namespace=params["namespace"], service=f"{params['release']}-oned")
    return forward.GrantedTransport(
        proxy, forward.ForwardTransport(config, namespace=params["namespace"], release=params["release"])
    )


def client(params: Mapping[str, Any]) -> Client:
    """A client from a module's parameters. Raises SetupError."""
    if not 0 < params["timeout"] <= LONGEST_TIMEOUT:
        raise SetupError(f"timeout must be more than 0 and at most {LONGEST_TIMEOUT:g} seconds")
    for option in ("api_username", "api_password"):
        if not params[option] or not params[option].isprintable() or bad_character(params[option]) is not None:
            raise SetupError(f"{option} is empty or holds characters that oned does not take, such as a line end")
    return Client(transport(params), params["api_username"], params["api_password"], timeout=params["timeout"])


def run(module: AnsibleModule, work: Callable[[Client], dict[str, Any]]) -> None:
    """Exit the module with the result of `work`, by fail_json if the result has `msg` or `work` raised an error."""
    try:
        result = work(client(module.params))
    except (OnedError, TemplateError) as error:
        result = {"msg": str(error)}
    if not module._diff:
        result.pop("diff", None)
    if result.get("msg"):
        module.fail_json(**result)
    module.exit_json(**result)
