# Copyright (c) 2026 KubeNebula contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: one_hosts
author: KubeNebula contributors (@kubenebula)
version_added: 0.1.0
short_description: The hypervisors of an OpenNebula zone as hosts
description:
  - Every hypervisor that is registered in OpenNebula becomes a host. The plugin reads the host pool once.
  - Hosts are in the groups C(cluster_NAME), C(driver_NAME), C(state_NAME) and C(label_NAME). States are in
    lower case. C(_) replaces every character that the name of a group cannot have. A host that is being probed is in
    the group of its former state. C(driver_NAME) is the virtualization driver.
  - C(ansible_host) is not set, because OpenNebula knows only the name of a hypervisor. Set it with O(compose), or use
    this inventory together with one that has the addresses.
  - The source is a file that ends in C(one_hosts.yml) or C(one_hosts.yaml).
  - O(api_url), O(api_username), O(api_password), O(kube_context), O(namespace) and O(release) may be templates
    in that file.
extends_documentation_fragment:
  - kubenebula.opennebula.oned
  - kubenebula.opennebula.oned.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Name of this plugin, which marks the file as its source.
    type: str
    required: true
    choices: [kubenebula.opennebula.one_hosts]
  hostvars_prefix:
    description:
      - Prefix of the names of the host variables. These are C(id), C(state), C(im_mad), C(vm_mad), C(cluster),
        C(cluster_id), C(labels), C(vms) and C(template).
      - C(id), C(cluster_id) and the IDs in C(vms) are numbers, C(labels) is a list, C(template) is a dictionary of
        texts, dictionaries and lists, as OpenNebula stores them, without the attributes that hold secrets. C(state) is
        the state as OpenNebula names it, such as C(MONITORED).
    type: str
    default: one_
seealso:
  - module: kubenebula.opennebula.one_host_info
"""

EXAMPLES = r"""
# cloud.one_hosts.yml: with the password in the environment, as ONE_PASSWORD
plugin: kubenebula.opennebula.one_hosts

---
# The addresses are in another inventory: ansible -i inventories/mine -i cloud.one_hosts.yml state_error -m ping
plugin: kubenebula.opennebula.one_hosts
api_url: http://one.example.org:2633/RPC2
api_password: "{{ lookup('ansible.builtin.file', '/etc/one.password') }}"

---
# On its own: names resolve with a domain, and every host gets the variables of the group hypervisors
plugin: kubenebula.opennebula.one_hosts
kubeconfig: ~/.kube/cloud.conf
namespace: opennebula
api_password: >-
  {{ lookup('kubernetes.core.k8s', kind='Secret', namespace='opennebula',
            resource_name='opennebula-oneadmin').data.password | ansible.builtin.b64decode }}
compose:
  ansible_host: one_template.ADDRESS | default(inventory_hostname ~ '.example.org')
  hypervisor_type: one_vm_mad
groups:
  hypervisors: true
  busy: one_vms | length > 0
keyed_groups:
  - prefix: rack
    key: one_template.RACK
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/one_hosts
cache_timeout: 600
"""

from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.kubenebula.opennebula.plugins.module_utils.ansible import options
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import secrets
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError

TEMPLATES = ("api_url", "api_username", "api_password", "kube_context", "namespace", "release")


def describe(found: host.Host) -> dict[str, Any]:
    """Name and host variables of a hypervisor, in plain types that a cache can hold."""
    return {
        "name": found.name,
        "id": found.id,
        "state": found.state,
        "im_mad": found.im_mad,
        "vm_mad": found.vmm_mad,
        "cluster": found.cluster,
        "cluster_id": found.cluster_id,
        "labels": found.labels,
        "vms": list(found.vms),
        "template": secrets.without(found.template),
    }


def group_names(facts: dict[str, Any]) -> list[str]:
    """The groups of a hypervisor."""
    # oned probes a monitored host all the time. The host should not leave its group for that.
    state = facts["state"].removeprefix("MONITORING_").lower()
    names = [f"cluster_{facts['cluster']}", f"driver_{facts['vm_mad']}", f"state_{state}"]
    names += [f"label_{label}" for label in facts["labels"]]
    return [to_safe_group_name(name, force=True, silent=True) for name in names]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]  # Ansible ships no types
    NAME = "kubenebula.opennebula.one_hosts"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("one_hosts.yml", "one_hosts.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        given = self._read_config_data(path)
        for facts in self._hosts(path, given, cache):
            self._add(dict(facts))

    def _hosts(self, path: str, given: dict[str, Any], cache: bool) -> list[dict[str, Any]]:
        use_cache = self.get_option("cache")
        key = self.get_cache_key(path)
        if use_cache and cache and key in self._cache:
            cached: list[dict[str, Any]] = self._cache[key]
            return cached
        hosts = self._read(given)
        if use_cache:
            self._cache[key] = hosts
        return hosts

    def _read(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        params = {name: self.get_option(name) for name in options.connection_spec()}
        self.templar.available_variables = self._vars
        try:
            # Only options of the file are templates: a password in the environment may look like one.
            params.update({name: self.templar.template(params[name]) for name in TEMPLATES if name in given})
        except AnsibleError as error:
            raise AnsibleParserError(f"an option of the connection cannot be rendered: {error}") from error
        try:
            found = host.from_pool(options.client(params).read(host.POOL))
        except OnedError as error:
            raise AnsibleParserError(str(error)) from error
        return [describe(one) for one in sorted(found, key=lambda one: one.id)]

    def _add(self, facts: dict[str, Any]) -> None:
        groups = group_names(facts)
        name, prefix = facts.pop("name"), self.get_option("hostvars_prefix")
        self.inventory.add_host(name)
        for group in groups:
            self.inventory.add_child(self.inventory.add_group(group), name)
        for key, value in facts.items():
            self.inventory.set_variable(name, f"{prefix}{key}", value)
        variables = self.inventory.get_host(name).get_vars()
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), {}, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, name, strict=strict)
