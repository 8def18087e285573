# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts: the observed state from oned, and the desired state from the user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import names, xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import template as syntax
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template

POOL = "one.hostpool.info"
# HOST/STATE, and the CLI's names for them (OpenNebula 6.10, include/Host.h).
STATES = (
    "INIT",
    "MONITORING_MONITORED",
    "MONITORED",
    "ERROR",
    "DISABLED",
    "MONITORING_ERROR",
    "MONITORING_INIT",
    "MONITORING_DISABLED",
    "OFFLINE",
)
# Argument of one.host.status.
ENABLE, DISABLE, OFFLINE = 0, 1, 2
_STATUS = {
    "DISABLED": "disabled",
    "MONITORING_DISABLED": "disabled",
    "OFFLINE": "offline",
    "ERROR": "error",
    "MONITORING_ERROR": "error",
}
# oned sets these itself, or there is an option for them: a value in the template would be reset or misunderstood.
_OWN_ATTRIBUTES = {
    "IM_MAD": "use type, or im_mad and vmm_mad",
    "VM_MAD": "use type, or im_mad and vmm_mad",
    "ERROR": "oned writes it",
    "LABELS": "use labels",
    "NAME": "use name",
    # Monitoring drops these (src/host/Host.cc).
    **dict.fromkeys(("VM", "VM_POLL", "WILDS", "TOTAL_WILDS", "ZOMBIES", "TOTAL_ZOMBIES"), "oned writes it"),
    **{f"{which}{what}": "oned measures it" for which in ("TOTAL", "FREE", "USED") for what in ("CPU", "MEMORY")},
}
# Attributes that replacing a template keeps: those that monitoring writes, and those with an option of their own.
NOT_THE_USERS = frozenset(
    [
        "ARCH",
        "CGROUPS_VERSION",
        "CPUSPEED",
        "ERROR",
        "HOSTNAME",
        "HYPERVISOR",
        "IM_MAD",
        "LABELS",
        "MODELNAME",
        "TOTAL_WILDS",
        "TOTAL_ZOMBIES",
        "VERSION",
        "VM",
        "VM_MAD",
        "WILDS",
        "ZOMBIES",
    ]
)
PROBED_PREFIXES = ("KVM_", "LXC_")


def in_error(state: int) -> bool:
    """Whether HOST/STATE says that oned could not monitor the host."""
    return 0 <= state < len(STATES) and _STATUS.get(STATES[state]) == "error"


def kept(key: str) -> bool:
    """Whether an attribute stays when a template is replaced."""
    return key in NOT_THE_USERS or key.startswith(PROBED_PREFIXES)


_ERROR_PREFIX = re.compile(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4} : (Error monitoring Host \S+ \(\d+\):)?\s*")


@dataclass(frozen=True)
class Host:
    """A host as oned lists it. vms: ids of the virtual machines on it."""

    id: int
    name: str
    state: str
    im_mad: str
    vmm_mad: str
    cluster_id: int
    cluster: str
    template: Template = field(default_factory=dict)
    vms: tuple[int, ...] = ()
    running_vms: int = 0

    @property
    def status(self) -> str:
        """enabled, disabled, offline or error."""
        return _STATUS.get(self.state, "enabled")

    @property
    def monitored(self) -> bool:
        return self.state in ("MONITORED", "MONITORING_MONITORED")

    @property
    def labels(self) -> list[str]:
        value = self.template.get("LABELS", "")
        return [label.strip() for label in value.split(",") if label.strip()] if isinstance(value, str) else []

    @property
    def error(self) -> str:
        """Why oned could not monitor the host, without date and name. Empty without a reason (e.g. SSH failed)."""
        value = self.template.get("ERROR", "")
        entries = value if isinstance(value, list) else [value]
        return _ERROR_PREFIX.sub("", str(entries[-1])).strip()


def from_xml(element: xml.Element) -> Host:
    return Host(
        id=xml.number(element, "ID"),
        name=xml.text(element, "NAME"),
        state=xml.named(STATES, element, "STATE"),
        im_mad=xml.text(element, "IM_MAD"),
        vmm_mad=xml.text(element, "VM_MAD"),
        cluster_id=xml.number(element, "CLUSTER_ID"),
        cluster=xml.text(element, "CLUSTER"),
        template=xml.template(element),
        vms=tuple(xml.ids(element, "VMS")),
        running_vms=xml.number(element, "HOST_SHARE/RUNNING_VMS"),
    )


def from_pool(document: str) -> list[Host]:
    """The hosts of a HOST_POOL document, in oned's order."""
    return [from_xml(element) for element in xml.objects(document, "HOST", POOL)]


@dataclass(frozen=True)
class DesiredHost:
    """The desired state of one host. None stands for "leave as it is". cluster: name, or id in digits."""

    name: str
    im_mad: str | None = None
    vmm_mad: str | None = None
    cluster: str | None = None
    template: Template | None = None
    labels: tuple[str, ...] | None = None
    new_name: str | None = None

    @property
    def final_name(self) -> str:
        """The name of the host after the run."""
        return self.name if self.new_name is None else self.new_name

    @property
    def drivers(self) -> list[str]:
        """The drivers that are given."""
        return [driver for driver in (self.im_mad, self.vmm_mad) if driver]

    @property
    def renames(self) -> bool:
        return self.final_name != self.name

    @property
    def names(self) -> list[str]:
        """The names of the host before and after the run, one if they differ only in case."""
        return names.distinct(self.name, self.final_name)

    @property
    def attributes(self) -> Template:
        """Template and labels together, as one.host.update takes them."""
        desired = dict(self.template or {})
        if self.labels is not None:
            desired["LABELS"] = ",".join(self.labels)
        return desired


def desired_host(params: Mapping[str, Any]) -> DesiredHost:
    """Read one entry of the option `hosts`. Raises TemplateError, which names host and attribute."""
    name = str(params["name"]).strip()
    kind = params.get("type")
    cluster, new_name = params.get("cluster"), params.get("new_name")
    return DesiredHost(
        name=name,
        im_mad=kind or params.get("im_mad"),
        vmm_mad=kind or params.get("vmm_mad"),
        cluster=None if cluster is None else str(cluster).strip(),
        template=_template(name, params.get("template")),
        labels=_labels(name, params.get("labels")),
        new_name=None if new_name is None else str(new_name).strip(),
    )


def _template(name: str, value: Mapping[Any, Any] | None) -> Template | None:
    if value is None:
        return None
    try:
        desired = syntax.normalize(value)
    except syntax.TemplateError as error:
        raise syntax.TemplateError(f"host {name}: template: {error}") from error
    for key in desired:
        if key in _OWN_ATTRIBUTES:
            raise syntax.TemplateError(f"host {name}: template: {key} cannot be set here: {_OWN_ATTRIBUTES[key]}")
    return desired


def _labels(name: str, value: Sequence[Any] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    labels = tuple(dict.fromkeys(str(label).strip() for label in value))
    if any("," in label or not label for label in labels):
        raise syntax.TemplateError(f"host {name}: labels: a label is neither empty nor holds a comma")
    _template(name, {"TEXT": ",".join(labels)})
    return labels
