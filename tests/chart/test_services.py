# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""FireEdge, OneFlow and OneGate in the chart: how they are configured, reached, and switched."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from conftest import Helm, Objects, Values
from test_chart import PROXIED, pods

ENDPOINT = "http://cloud-oned.one.svc:2633/RPC2"
EVENTS = "tcp://cloud-oned.one.svc:2101"


def files(objects: Objects, service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(objects["ConfigMap", f"cloud-{service}"]["data"]["files.json"])
    return found


def template(objects: Objects, service: str) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment", f"cloud-{service}"]["spec"]["template"]
    return found


def oned_conf(objects: Objects) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(objects["ConfigMap", "cloud-oned"]["data"]["oned.json"])
    return found


def test_everybody_is_told_where_the_others_are(helm: Helm) -> None:
    objects = helm.objects({})
    fireedge = files(objects, "fireedge")["fireedge-server.conf"]
    assert fireedge["one_xmlrpc"] == fireedge["default_zone"]["endpoint"] == ENDPOINT
    assert fireedge["subscriber_endpoint"] == EVENTS
    assert fireedge["oneflow_server"] == "http://cloud-flow.one.svc:2474"
    assert fireedge["guacd"] == {"host": "127.0.0.1", "port": 4822}
    flow = files(objects, "flow")["oneflow-server.conf"]
    assert flow == {"host": "0.0.0.0", "port": 2474, "one_xmlrpc": ENDPOINT, "subscriber_endpoint": EVENTS}
    gate = files(objects, "gate")["onegate-server.conf"]
    assert gate["one_xmlrpc"] == ENDPOINT and gate["oneflow_server"] == "http://cloud-flow.one.svc:2474"
    assert "-b 0.0.0.0" in oned_conf(objects)["HM_MAD"]["ARGUMENTS"]


def test_uploads_have_one_path_in_both_pods(helm: Helm) -> None:
    objects = helm.objects({})
    shared = files(objects, "fireedge")["fireedge/sunstone/sunstone-server.conf"]["tmpdir"]
    for spec in (
        template(objects, "fireedge")["spec"],
        objects["StatefulSet", "cloud-oned"]["spec"]["template"]["spec"],
    ):
        mounts = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        assert mounts["uploads"] == shared
        assert volumes["uploads"]["persistentVolumeClaim"]["claimName"] == "cloud-uploads"


@pytest.mark.parametrize(("mode", "together"), [("ReadWriteOnce", True), ("ReadWriteMany", False)])
def test_uploads_on_one_node_keep_fireedge_there(helm: Helm, mode: str, together: bool) -> None:
    objects = helm.objects({"oned": {"uploads": {"accessModes": [mode]}}})
    affinity = template(objects, "fireedge")["spec"].get("affinity", {})
    terms = affinity.get("podAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])
    labels = [term["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] for term in terms]
    assert labels == (["oned"] if together else [])


def test_configuration_comes_from_values(helm: Helm) -> None:
    before = helm.objects({})
    changes: Values = {
        "fireedge": {
            "config": {"session_expiration": 60},
            "sunstone": {"currency": "USD"},
            "views": {"admin/vm-tab.yaml": {"actions": {"vnc": False}}},
        },
        "flow": {"config": {"autoscaler_interval": 30}},
        "gate": {"config": {"permissions": {"vm": {"update": False}}}},
    }
    after = helm.objects(changes)
    fireedge = files(after, "fireedge")
    assert fireedge["fireedge-server.conf"]["session_expiration"] == 60
    assert fireedge["fireedge/sunstone/sunstone-server.conf"] == {"tmpdir": "/var/tmp/sunstone", "currency": "USD"}
    assert fireedge["fireedge/sunstone/admin/vm-tab.yaml"] == {"actions": {"vnc": False}}
    assert files(after, "flow")["oneflow-server.conf"]["autoscaler_interval"] == 30
    assert files(after, "gate")["onegate-server.conf"]["permissions"] == {"vm": {"update": False}}
    for service in ("fireedge", "flow", "gate"):
        assert template(before, service)["metadata"] != template(after, service)["metadata"], (
            "its pods are not restarted"
        )
    assert before["StatefulSet", "cloud-oned"] == after["StatefulSet", "cloud-oned"]


INGRESS: Values = {"ingress": {"enabled": True, "host": "cloud.test", "controller": "nginx"}}


EXPORTER: Values = {"exporter": {"enabled": True}}


@pytest.mark.parametrize(
    "switched", [{name: {"enabled": False}} for name in ("fireedge", "flow", "gate")] + [INGRESS, EXPORTER]
)
def test_a_switch_touches_nothing_else(helm: Helm, switched: Values) -> None:
    (name,) = switched
    before, after = helm.objects({}), helm.objects(switched)
    own = "fireedge" if name == "ingress" else name
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    touched = {
        key
        for key in changed
        if before.get(key, after.get(key))["metadata"]["labels"]["app.kubernetes.io/component"] != own
    }
    assert changed and not touched
    if name == "ingress":
        assert before["Deployment", "cloud-fireedge"] == after["Deployment", "cloud-fireedge"]
    else:
        kinds = {"Deployment", "NetworkPolicy", "Service", "ServiceAccount"}
        assert {kind for kind, _name in changed} == kinds | ({"ConfigMap"} if name != "exporter" else set())


def test_there_is_one_flow_and_never_two(helm: Helm) -> None:
    spec = helm.objects({})["Deployment", "cloud-flow"]["spec"]
    assert spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("service", ["fireedge", "flow", "gate", "exporter"])
def test_a_stopped_program_is_noticed_within_30_seconds(helm: Helm, service: str) -> None:
    container = template(helm.objects(EXPORTER), service)["spec"]["containers"][0]
    probe = container["readinessProbe"]
    assert "--programs" in probe["exec"]["command"]
    assert probe["periodSeconds"] * (probe["failureThreshold"] + 1) + 4 <= 30
    startup = container["startupProbe"]
    assert not {"exec"} & (startup.keys() | container["livenessProbe"].keys()), "a busy node would kill the container"
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 24 * 3600, (
        "it waits for oned, and a restart helps neither"
    )


def test_probes_leave_the_exporter_alone(helm: Helm) -> None:
    """It answers no request without reading all pools of oned, and while it does a scrape finds them empty."""
    container = template(helm.objects(EXPORTER), "exporter")["spec"]["containers"][0]
    for probe in ("startupProbe", "livenessProbe"):
        assert "tcpSocket" in container[probe]
    assert container["readinessProbe"]["exec"]["command"][1:] == ["--programs", "tcp://127.0.0.1:9925"]


def test_a_service_monitor_where_one_is_wanted(helm: Helm) -> None:
    assert not [key for key in helm.objects(EXPORTER) if key[0] == "ServiceMonitor"]
    monitor: Values = {"enabled": True, "interval": "30s", "labels": {"release": "prometheus"}}
    objects = helm.objects({"exporter": {"enabled": True, "serviceMonitor": monitor}})
    made, service = objects["ServiceMonitor", "cloud-exporter"], objects["Service", "cloud-exporter"]
    assert made["metadata"]["labels"]["release"] == "prometheus"
    assert made["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = made["spec"]["endpoints"]
    assert endpoint["interval"] == "30s"
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    (dropped,) = endpoint["metricRelabelings"]
    regex = re.compile(dropped["regex"])
    assert regex.fullmatch("opennebula_oned_state") and not regex.fullmatch("opennebula_host_state")


@pytest.mark.parametrize(
    ("changes", "endpoint", "service"),
    [
        ({}, "http://192.0.2.10:30530", ("NodePort", 5030, 30530)),
        ({"hypervisors": {"address": "2001:db8::1"}}, "http://[2001:db8::1]:30530", ("NodePort", 5030, 30530)),
        ({"gate": {"port": 31000}}, "http://192.0.2.10:31000", ("NodePort", 5030, 31000)),
        (
            {"hypervisors": {"exposure": "LoadBalancer"}, "gate": {"address": "gate.test"}},
            "http://gate.test:5030",
            ("LoadBalancer", 5030, None),
        ),
        (
            {"gate": {"exposure": "ClusterIP", "endpoint": "https://gate.test"}},
            "https://gate.test",
            ("ClusterIP", 5030, None),
        ),
    ],
)
def test_virtual_machines_are_told_where_onegate_is(
    helm: Helm, changes: Values, endpoint: str, service: tuple[str, int, int | None]
) -> None:
    objects = helm.objects(changes)
    assert oned_conf(objects)["ONEGATE_ENDPOINT"] == endpoint
    spec = objects["Service", "cloud-gate"]["spec"]
    (port,) = spec["ports"]
    assert (spec["type"], port["port"], port.get("nodePort")) == service


@pytest.mark.parametrize(
    ("gate", "proxy"),
    [
        ({}, {"remote_addr": "192.0.2.10", "remote_port": 30530}),
        ({"address": "192.0.2.20", "port": 31000}, {"remote_addr": "192.0.2.20", "remote_port": 31000}),
        ({"endpoint": "http://192.0.2.20/"}, {"remote_addr": "192.0.2.20", "remote_port": 80}),
        (
            {"transparentProxy": {"enabled": True, "networks": ["private", 7]}},
            {"remote_addr": "192.0.2.10", "remote_port": 30530, "networks": ["private", 7]},
        ),
    ],
)
def test_hypervisors_lead_virtual_machines_to_onegate(helm: Helm, gate: Values, proxy: dict[str, Any]) -> None:
    before, after = helm.objects({}), helm.objects({"gate": {**PROXIED, **gate}})
    assert oned_conf(after)["ONEGATE_ENDPOINT"] == "http://169.254.16.9:5030"
    assert json.loads(after["ConfigMap", "cloud-oned"]["data"]["tproxy.json"]) == {"service_port": 5030, **proxy}
    assert "tproxy.json" not in before["ConfigMap", "cloud-oned"]["data"]
    pods_of = [objects["StatefulSet", "cloud-oned"]["spec"]["template"]["metadata"] for objects in (before, after)]
    assert pods_of[0] != pods_of[1], "oned is not restarted"
    assert {key for key in before if key[0] == "NetworkPolicy" and before[key] != after[key]} == set()


def test_ldap(helm: Helm) -> None:
    objects = helm.objects({"ldap": {"secret": "my-ldap"}})
    assert oned_conf(objects)["DEFAULT_AUTH"] == "ldap"
    pod = objects["StatefulSet", "cloud-oned"]["spec"]["template"]["spec"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "ldap"]
    assert volume["secret"]["secretName"] == "my-ldap" and volume["secret"]["items"][0]["key"] == "ldap_auth.conf"
    assert "DEFAULT_AUTH" not in oned_conf(helm.objects({"ldap": {"secret": "my-ldap", "default": False}}))


CONSOLE = "/fireedge/guacamole"


@pytest.mark.parametrize(
    ("controller", "affinity", "log"),
    [
        ("nginx", "nginx.ingress.kubernetes.io/affinity", "nginx.ingress.kubernetes.io/enable-access-log"),
        ("traefik", None, "traefik.ingress.kubernetes.io/router.observability.accesslogs"),
        ("haproxy", "haproxy.org/cookie-persistence", None),
    ],
)
def test_an_ingress_keeps_sessions_and_hides_tokens(
    helm: Helm, controller: str, affinity: str | None, log: str | None
) -> None:
    values: Values = {
        "fireedge": {"replicas": 2},
        "ingress": {
            "enabled": True,
            "host": "cloud.test",
            "controller": controller,
            "className": "web",
            "tls": {"secretName": "certificate"},
            "annotations": {"mine": "yes"},
        },
    }
    objects = helm.objects(values)
    ingresses = {
        item["spec"]["rules"][0]["http"]["paths"][0]["path"]: item
        for (kind, _name), item in objects.items()
        if kind == "Ingress"
    }
    assert ingresses.keys() == ({"/", CONSOLE} if log else {"/"})
    for item in ingresses.values():
        assert item["spec"]["tls"] == [{"hosts": ["cloud.test"], "secretName": "certificate"}]
        assert item["spec"]["ingressClassName"] == "web"
        assert item["metadata"]["annotations"]["mine"] == "yes"
    service = objects["Service", "cloud-fireedge"]
    assert service["spec"]["sessionAffinity"] == "ClientIP"
    sticky = (
        service["metadata"]["annotations"] if controller == "traefik" else ingresses["/"]["metadata"]["annotations"]
    )
    assert any(key == affinity or "sticky.cookie" in key for key in sticky)
    if log:
        assert ingresses[CONSOLE]["metadata"]["annotations"][log] == "false"
        assert log not in ingresses["/"]["metadata"]["annotations"]


def test_openshift_has_a_route_and_lets_the_pods_in(helm: Helm) -> None:
    objects = helm.objects({"platform": "openshift", "route": {"host": "cloud.test"}, **EXPORTER})
    route = objects["Route", "cloud"]["spec"]
    assert route["host"] == "cloud.test" and route["tls"]["insecureEdgeTerminationPolicy"] == "Redirect"
    bound = objects["RoleBinding", "cloud-scc-nonroot-v2"]
    assert bound["roleRef"]["name"] == "system:openshift:scc:nonroot-v2"
    accounts = {subject["name"] for subject in bound["subjects"]}
    assert accounts == {spec["serviceAccountName"] for _name, spec in pods(objects)} | {"cloud-rotate-key"}
    assert ("Route", "cloud") not in helm.objects({"platform": "openshift", **INGRESS})


def test_linux_containers_are_said_to_cost(helm: Helm) -> None:
    values: Values = {"platform": "openshift", "marketplace": {"linuxContainers": True}}
    objects = helm.objects(values)
    bound = {subject["name"] for subject in objects["RoleBinding", "cloud-scc-privileged"]["subjects"]}
    assert bound == {"cloud-oned"}
    privileged = [
        container["name"]
        for (kind, _name), item in objects.items()
        if kind in ("Deployment", "StatefulSet")
        for container in item["spec"]["template"]["spec"]["containers"]
        if container["securityContext"].get("privileged")
    ]
    assert privileged == ["oned"]
