# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the objects that an inventory declares, as far as they need no OpenNebula."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_list
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import pool
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.clusters import unknown_cluster
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import TemplateError
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import host as oned_host
from ansible_collections.kubenebula.opennebula.plugins.module_utils.hosts import plan as host_plan
from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile.declared import Declared
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.acl import Rules
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.cluster import Clusters
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.datastore import Datastores
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.group import Groups
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.hook import Hooks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.image import Images
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.marketplace import Marketplaces
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.template import VmTemplates
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.user import Users
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.vnet import VirtualNetworks
from ansible_collections.kubenebula.opennebula.plugins.module_utils.resources.zone import Zones
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import OnedError

# variable: (module, its option, resource kind; None for hosts)
KINDS: dict[str, tuple[str, str, type[Declared] | None]] = {
    "opennebula_zones": ("one_zone", "zones", Zones),
    "opennebula_clusters": ("one_cluster", "clusters", Clusters),
    "opennebula_groups": ("one_group", "groups", Groups),
    "opennebula_users": ("one_user", "users", Users),
    "opennebula_datastores": ("one_datastore", "datastores", Datastores),
    "opennebula_networks": ("one_vnet", "vnets", VirtualNetworks),
    "opennebula_marketplaces": ("one_marketplace", "marketplaces", Marketplaces),
    "opennebula_images": ("one_image", "images", Images),
    "opennebula_templates": ("one_template", "templates", VmTemplates),
    "opennebula_hooks": ("one_hook", "hooks", Hooks),
    "opennebula_acl_rules": ("one_acl", "rules", Rules),
    "hypervisors": ("one_host", "hosts", None),
}
# The members of a cluster are created after the cluster and name it themselves.
_ELSEWHERE = {
    "hosts": "set hypervisor_cluster for the hypervisors instead",
    "datastores": "give clusters in opennebula_datastores instead",
    "vnets": "give clusters in opennebula_networks instead",
}
# Ansible's own messages name types of Python, and they show the value.
_WRONG_TYPE = re.compile(
    r"(?:argument|option) '(?P<option>\w+)' is of type .* unable to convert to (?P<type>\w+):", re.DOTALL
)
_TYPES = {"bool": "true or false", "dict": "a dictionary", "int": "a whole number", "list": "a list", "str": "text"}
_TOGETHER = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


def declaration_problems(declared: Mapping[str, Any]) -> list[str]:
    """One sentence for each problem of the declared objects."""
    if not isinstance(declared, Mapping) or not set(declared) <= set(KINDS):
        raise AnsibleFilterError(f"declaration_problems: the input is a dictionary of lists under {', '.join(KINDS)}")
    found = [f"{variable}: {problem}." for variable, objects in declared.items() for problem in _of(variable, objects)]
    return found or _outsiders(declared.get("opennebula_groups", []), declared.get("opennebula_users", []))


def _of(variable: str, objects: Any) -> list[str]:
    module, option, kind = KINDS[variable]
    if not isinstance(objects, (list, tuple)):
        return [f"it has to be a list of {'host' if kind is None else kind.kind_name}s"]
    spec = import_module(f"ansible_collections.kubenebula.opennebula.plugins.modules.{module}").argument_spec()[option]
    found: list[str] = []
    valid = []
    for number, given in enumerate(objects, 1):
        entry, problems = _validated(spec, given, number)
        if variable == "opennebula_clusters" and not problems:
            problems = [
                f"{entry['name']}: {member} cannot be given here: {instead}"
                for member, instead in _ELSEWHERE.items()
                if entry[member] is not None
            ]
        problems = problems or _module_errors(kind, [entry])
        found += problems
        if not problems:
            valid.append(entry)
    # Valid objects may still contradict one another.
    return found + _module_errors(kind, valid)


def _validated(spec: Mapping[str, Any], given: Any, number: int) -> tuple[Any, list[str]]:
    """One object as the module gets it, and the errors that Ansible itself finds."""
    if spec["elements"] != "dict":
        return str(given), []
    if not isinstance(given, Mapping):
        return given, [f"entry {number} has to be a dictionary with a name"]
    together = {key: spec[key] for key in _TOGETHER if key in spec}
    result = ArgumentSpecValidator(spec["options"], **together).validate(_plain(given))
    owner = given.get("name") or f"entry {number}"
    return result.validated_parameters, [f"{owner}: {_sentence(error, spec)}" for error in result.errors]


def _plain(value: Any) -> Any:
    """Copy a value of a play, without the template engine that the validator would copy with each list."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _sentence(error: Exception, spec: Mapping[str, Any]) -> str:
    if isinstance(error, UnsupportedError):
        unknown = str(error).partition(". Supported parameters")[0]
        return f"there is no option {unknown}; there are {', '.join(sorted(spec['options']))}"
    wrong = _WRONG_TYPE.search(str(error))
    return f"{wrong['option']} has to be {_TYPES.get(wrong['type'], wrong['type'])}" if wrong else str(error)


def _module_errors(kind: type[Declared] | None, entries: list[Any]) -> list[str]:
    """The errors that the module finds in these objects before it calls OpenNebula."""
    try:
        if kind is None:
            host_plan.check_desired([oned_host.desired_host(entry) for entry in entries], host_plan.HostOptions())
            return []
        resources = kind(entries, {})
        resources.check_desired()
    except (OnedError, TemplateError) as error:
        return [str(error)]
    named = [
        (desired["final_name"], resources.name_problem(desired["final_name"])) for desired in resources.desired_objects
    ]
    return [f"{kind.kind_name} name {name!r} is not possible: {problem}" for name, problem in named if problem]


def _outsiders(groups: Iterable[Mapping[str, Any]], users: Iterable[Mapping[str, Any]]) -> list[str]:
    """Administrators whose declared groups lack the group: every run would add them to the group and remove them."""
    belongs = {
        str(user["name"]).casefold(): check_type_list(user["groups"])
        for user in users
        if user.get("groups") is not None
    }
    return [
        f"opennebula_groups: {group['name']}: its administrator {admin} has to belong to it: add it to the groups of "
        f"{admin} in opennebula_users, or leave those out."
        for group in groups
        for admin in check_type_list(group.get("admins") or [])
        if _outside(str(group["name"]), belongs.get(str(admin).casefold()))
    ]


def _outside(group: str, belongs: Iterable[Any] | None) -> bool:
    # A number may be the ID of the group.
    return belongs is not None and all(
        not str(name).isdecimal() and str(name).casefold() != group.casefold() for name in belongs
    )


def planned_names(declared: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of objects that others may reference, for the option ``planned`` of the modules."""
    return {
        kind: [
            name
            for entry in declared.get(f"opennebula_{kind}", [])
            for name in (entry["name"], entry.get("new_name"))
            if name
        ]
        for kind in ("clusters", "datastores", "groups", "users")
    }


def cluster_problems(
    hosts: Iterable[Mapping[str, Any]], clusters: Iterable[Mapping[str, Any]], planned: Iterable[str] = ()
) -> dict[str, str]:
    """Return a sentence for each host whose cluster does not exist, by its name.

    clusters: as one_cluster_info lists them. planned: names of clusters that check mode did not create.
    """
    existing = [pool.Ref(found["id"], found["name"]) for found in clusters]
    existing += pool.planned(planned, existing)
    return {
        host["name"]: unknown_cluster("hypervisor_cluster", host["cluster"], existing)
        for host in hosts
        if "cluster" in host and pool.pick(existing, str(host["cluster"]).strip()) is None
    }


def registration_failures(
    hosts: Iterable[Mapping[str, Any]], answer: Mapping[str, Any], known: Mapping[str, str]
) -> dict[str, str]:
    """Return why hosts are not registered or not monitored, by their names.

    answer: what the module one_host returned. known: reasons for hosts that were not passed to the module.
    """
    failures = {result["name"]: result["msg"] for result in answer.get("results", []) if result["failed"]}
    if answer.get("failed") and "results" not in answer:
        failures = {host["name"]: answer["msg"] for host in hosts}
    return {**failures, **known}


class FilterModule:
    """Filters about declared objects."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "declaration_problems": declaration_problems,
            "planned_names": planned_names,
            "cluster_problems": cluster_problems,
            "registration_failures": registration_failures,
        }
