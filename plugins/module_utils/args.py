# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every module shares, the client built from them, and the one place where errors become fail_json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils import forward, kube
from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import OnedError, SetupError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc import Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.transport import HttpTransport, Transport

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


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


def transport(params: Mapping[str, Any]) -> Transport:
    """How to reach oned: api_url if given, else whatever of the API server's ways is granted. Raises SetupError."""
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
    if params["timeout"] <= 0:
        raise SetupError("timeout must be more than 0 seconds")
    return Client(transport(params), params["api_username"], params["api_password"], timeout=params["timeout"])


def run(module: AnsibleModule, work: Callable[[Client], dict[str, Any]]) -> None:
    """Exit the module with what `work` returns; with fail_json when it holds `msg`, or when an error came up."""
    try:
        result = work(client(module.params))
    except (OnedError, TemplateError) as error:
        result = {"msg": str(error)}
    if not module._diff:
        result.pop("diff", None)
    if result.get("msg"):
        module.fail_json(**result)
    module.exit_json(**result)
