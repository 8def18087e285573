# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that speaks XML-RPC with oned: module_utils/args.py, connection_spec()."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of oned's XML-RPC interface, such as V(http://one.example.org:2633/RPC2).
      - Left out, oned is reached through the service proxy of the Kubernetes API server, as Service
        C(<release>-oned), port 2633. That takes the permission to C(create) on C(services/proxy) in O(namespace).
      - Where that is not granted, a port is forwarded to a ready pod of the release for each call, which is slower.
        That takes C(list) on C(pods), and C(get) and C(create) on C(pods/portforward).
      - Taken from the environment variable E(ONE_URL) if not given.
    type: str
  api_username:
    description:
      - OpenNebula user.
      - Taken from the environment variable E(ONE_USERNAME) if not given.
    type: str
    default: oneadmin
  api_password:
    description:
      - Password or login token of O(api_username).
      - Taken from the environment variable E(ONE_PASSWORD) if not given.
    type: str
    required: true
  validate_certs:
    description:
      - Whether to verify the certificate of O(api_url) or of the Kubernetes API server.
    type: bool
    default: true
  ca_cert:
    description:
      - PEM file with the certificates to trust, instead of the system's for O(api_url) or the kubeconfig's for the
        API server.
    type: path
  kubeconfig:
    description:
      - Kubeconfig to reach the API server with. Left out, E(KUBECONFIG), then C(~/.kube/config), then the service
        account of the pod the module runs in.
      - Taken from the environment variable E(K8S_AUTH_KUBECONFIG) if not given. Not used with O(api_url).
    type: path
  kube_context:
    description:
      - Context of the kubeconfig. Left out, its current context.
      - Taken from the environment variable E(K8S_AUTH_CONTEXT) if not given.
    type: str
  namespace:
    description:
      - Namespace of the release. Not used with O(api_url).
    type: str
    default: opennebula
  release:
    description:
      - Name of the Helm release that holds oned. Not used with O(api_url).
    type: str
    default: opennebula
  timeout:
    description:
      - Seconds a call to oned may take.
      - Whatever passes by itself, such as a start of oned, the election of a leader or a database that is away, is sat
        out for up to a minute in all; a password that was never right, for half a minute.
    type: float
    default: 30
requirements:
  - Python 3.9 or newer where the module runs
  - kubernetes (Python library) where the module runs, unless O(api_url) is given
"""

    # What modules take from the environment themselves, a plugin has to document.
    PLUGIN = r"""
options:
  api_url:
    env:
      - name: ONE_URL
  api_username:
    env:
      - name: ONE_USERNAME
  api_password:
    env:
      - name: ONE_PASSWORD
  kubeconfig:
    env:
      - name: K8S_AUTH_KUBECONFIG
  kube_context:
    env:
      - name: K8S_AUTH_CONTEXT
"""
