# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that calls oned over XML-RPC: module_utils/ansible/options.py, connection_spec()."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of oned's XML-RPC interface, such as V(http://one.example.org:2633/RPC2).
      - If left out, oned is reached through the service proxy of the Kubernetes API server, as Service
        C(<release>-oned), port 2633. That needs the permission to C(create) on C(services/proxy) in O(namespace).
      - If that permission is not granted, each call forwards a port to a ready pod of the release, which is slower.
        That needs C(list) on C(pods), and C(get) and C(create) on C(pods/portforward).
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
      - PEM file with the certificates to trust. It replaces the system's certificates for O(api_url), or the
        kubeconfig's for the API server.
    type: path
  kubeconfig:
    description:
      - Kubeconfig for the API server. If left out, E(KUBECONFIG), then C(~/.kube/config), then the service account of
        the pod in which the module runs.
      - Taken from the environment variable E(K8S_AUTH_KUBECONFIG) if not given. Not used with O(api_url).
    type: path
  kube_context:
    description:
      - Context of the kubeconfig. If left out, its current context.
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
      - Calls that fail for a transient reason, such as a start of oned, the election of a leader or a database that
        cannot be reached, are repeated for up to a minute in all. Calls with a password that oned has never accepted
        are repeated for half a minute.
    type: float
    default: 30
requirements:
  - Python 3.9 or newer where the module runs
  - kubernetes (Python library) where the module runs, unless O(api_url) is given
"""

    # Modules read these environment variables themselves. A plugin has to declare them.
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
