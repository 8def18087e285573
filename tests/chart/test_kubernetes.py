# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chart renders is what Kubernetes takes, by the schemas of an older version, the lab's and the newest."""

from __future__ import annotations

import functools
import json

import kubernetes_validate
import pytest
from conftest import Helm, Values
from test_chart import SETS

# of the Gateway API, of OpenShift and of the operator of Prometheus, whose schemas are not Kubernetes'
FOREIGN = {"HTTPRoute", "Route", "ServiceMonitor"}
VERSIONS = ("1.31", "1.33", kubernetes_validate.latest_version())


@pytest.mark.parametrize("changes", SETS.values(), ids=SETS.keys())
def test_every_object_fits_its_schema(helm: Helm, changes: Values) -> None:
    objects = helm.objects(changes)
    assert len(objects) > 15
    for (kind, _name), item in objects.items():
        if kind not in FOREIGN:
            fits(json.dumps(item))


@functools.cache
def fits(text: str) -> None:
    """Fail where an object does not fit; the sets of values have most of them in common."""
    item = json.loads(text)
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            name = f"{item['kind']} {item['metadata']['name']}"
            pytest.fail(f"{name} does not fit Kubernetes {version}: {error.message}")


def test_a_wrong_object_is_noticed(helm: Helm) -> None:
    deployment = helm.objects({})["Deployment", "cloud-fireedge"]
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)
