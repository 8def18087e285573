# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chart renders, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CHART, Helm, Objects, Values

EXTERNAL: Values = {
    "mariadb": {"enabled": False},
    "externalDatabase": {"host": "db.test", "port": 3307, "name": "one", "user": "nebula"},
    "global": {"secrets": {"database": "my-database"}},
}
SQLITE: Values = {"mariadb": {"enabled": False}, "development": {"sqlite": True}}
PROXIED: Values = {"transparentProxy": {"enabled": True}}
SETS: dict[str, Values] = {
    "defaults": {},
    "load balancer": {
        "hypervisors": {"exposure": "LoadBalancer", "annotations": {"a": "b"}, "loadBalancerClass": "x"},
        "gate": {"address": "192.0.2.20"},
    },
    "host port": {"hypervisors": {"exposure": "HostPort"}},
    "external database": EXTERNAL,
    "sqlite": SQLITE,
    "own secrets": {
        "global": {
            "secrets": {
                "oneadmin": "a",
                "oneKey": "b",
                "ssh": "c",
                "sshd": "d",
                "database": "e",
                "serveradmin": "f",
                "fireedgeKey": "g",
            }
        }
    },
    "scheduling": {
        "global": {"imagePullSecrets": ["pull"]},
        "oned": {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "priorityClassName": "high"},
        "mariadb": {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "priorityClassName": "high"},
        "fireedge": {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "priorityClassName": "high"},
        "flow": {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "affinity": {"nodeAffinity": {}}},
        "gate": {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "affinity": {"nodeAffinity": {}}},
    },
    "ingress": {"ingress": {"enabled": True, "host": "cloud.test", "controller": "nginx"}},
    "ingress, two replicas": {
        "fireedge": {"replicas": 2},
        "gate": {"replicas": 2},
        "ingress": {"enabled": True, "host": "cloud.test", "controller": "traefik", "path": "/fireedge"},
    },
    "http route": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "web"}], "hostnames": ["cloud.test"]}},
    "openshift": {"platform": "openshift", "route": {"host": "cloud.test"}},
    "ldap": {"ldap": {"secret": "my-ldap"}},
    "linux containers": {"marketplace": {"linuxContainers": True}},
    "exporter": {
        "exporter": {
            "enabled": True,
            "serviceAnnotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9925"},
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
            "nodeSelector": {"a": "b"},
            "affinity": {"nodeAffinity": {}},
        }
    },
    "transparent proxy": {"gate": PROXIED},
    "services off": {"fireedge": {"enabled": False}, "flow": {"enabled": False}, "gate": {"enabled": False}},
}


def pods(objects: Objects) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the spec of every pod or pod template."""
    for (kind, name), item in objects.items():
        if kind == "Pod":
            yield name, item["spec"]
        elif kind in ("Deployment", "StatefulSet", "Job"):
            yield name, item["spec"]["template"]["spec"]


def oned(objects: Objects) -> dict[str, Any]:
    template: dict[str, Any] = objects["StatefulSet", "cloud-oned"]["spec"]["template"]
    return template


def test_lint(helm: Helm, tmp_path: Path) -> None:
    """Of templates whose names do not end in .yaml, Helm does not judge what they make."""
    chart = shutil.copytree(CHART, tmp_path / CHART.name)
    for template in chart.rglob("*.yaml.tpl"):
        text = template.read_text().replace(".yaml.tpl", ".yaml")
        template.rename(template.with_suffix("")).write_text(text)
    done = helm.run("lint", "--strict", str(chart), "--set", "images.registry=r.test/x,hypervisors.address=192.0.2.1")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("changes", SETS.values(), ids=SETS.keys())
def test_pods_pass_the_restricted_standard(helm: Helm, changes: Values) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, host ports apart."""
    for name, spec in pods(helm.objects(changes)):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True and security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        allowed = {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}
        assert all(volume.keys() & allowed for volume in spec.get("volumes", [])), name
        for container in spec["containers"]:
            own = container["securityContext"]
            if changes.get("marketplace") and container["name"] == "oned":
                assert own == {"privileged": True, "readOnlyRootFilesystem": True}, "the documented exception"
                continue
            assert own["allowPrivilegeEscalation"] is False, container["name"]
            assert own["capabilities"] == {"drop": ["ALL"]}, container["name"]
            assert own["readOnlyRootFilesystem"] is True, container["name"]
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"], container[
                "name"
            ]


@pytest.mark.parametrize("changes", SETS.values(), ids=SETS.keys())
def test_every_volume_mount_has_its_volume(helm: Helm, changes: Values) -> None:
    objects = helm.objects(changes)
    for name, spec in pods(objects):
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        claims = objects.get(("StatefulSet", name), {}).get("spec", {}).get("volumeClaimTemplates", [])
        volumes |= {claim["metadata"]["name"] for claim in claims}
        for container in spec["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, container["name"]


@pytest.mark.parametrize("changes", SETS.values(), ids=SETS.keys())
def test_everything_named_is_there(helm: Helm, changes: Values) -> None:
    """Claims, service accounts, and the pods, ports and Services that others lead to."""
    objects = helm.objects(changes)
    templates = [
        item["spec"]["template"] for (kind, _name), item in objects.items() if kind in ("Deployment", "StatefulSet")
    ]
    for name, spec in pods(objects):
        account = spec.get("serviceAccountName")
        assert account is None or ("ServiceAccount", account) in objects, name
        for volume in spec.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or ("PersistentVolumeClaim", claim) in objects, name
    for (kind, name), item in objects.items():
        if kind == "Service":
            selector = item["spec"]["selector"].items()
            led_to = [template for template in templates if selector <= template["metadata"]["labels"].items()]
            assert led_to, name
            ports = {port["name"] for c in led_to[0]["spec"]["containers"] for port in c["ports"]}
            assert {
                port["targetPort"] for port in item["spec"]["ports"] if isinstance(port["targetPort"], str)
            } <= ports
        if kind in ("Ingress", "HTTPRoute", "Route"):
            assert ("Service", "cloud-fireedge") in objects and "cloud-fireedge" in json.dumps(item)


@pytest.mark.parametrize(
    ("exposure", "monitor", "ssh"), [("NodePort", 30412, 30022), ("LoadBalancer", 4124, 22), ("HostPort", 4124, 2222)]
)
def test_the_monitor_has_one_port_inside_and_outside(helm: Helm, exposure: str, monitor: int, ssh: int) -> None:
    """monitord tells the probes the port it listens on, so every port on the way has to be that one."""
    objects = helm.objects({"hypervisors": {"exposure": exposure}, "gate": {"address": "192.0.2.20"}})
    told = json.loads(objects["ConfigMap", "cloud-oned"]["data"]["monitord.json"])["NETWORK"]
    assert told == {"MONITOR_ADDRESS": "192.0.2.10", "PORT": monitor}
    containers = {container["name"]: container for container in oned(objects)["spec"]["containers"]}
    ports = [port for port in containers["oned"]["ports"] if port["name"].startswith("monitor")]
    assert {port.get("protocol", "TCP") for port in ports} == {"TCP", "UDP"}
    assert {port["containerPort"] for port in ports} == {monitor}
    if exposure == "HostPort":
        assert ("Service", "cloud-hypervisors") not in objects
        assert {port["hostPort"] for port in ports} == {monitor}
        assert containers["sshd"]["ports"][0]["hostPort"] == ssh
        return
    service = objects["Service", "cloud-hypervisors"]["spec"]
    assert service["type"] == exposure
    outside = {(port["name"], port.get("protocol", "TCP")): port for port in service["ports"]}
    for protocol in ("TCP", "UDP"):
        port = outside[f"monitor-{protocol.lower()}", protocol]
        assert port["port"] == port["targetPort"] == monitor
        assert port.get("nodePort", monitor) == monitor
    assert outside["ssh", "TCP"]["port"] == ssh


def test_the_zone_names_the_service_from_birth(helm: Helm) -> None:
    objects = helm.objects({})
    federation = json.loads(objects["ConfigMap", "cloud-oned"]["data"]["oned.json"])["FEDERATION"]
    host, port = re.fullmatch(r"http://(.+):(\d+)/RPC2", federation["MASTER_ONED"]).groups()
    assert host == "cloud-oned.one.svc"
    ports = {item["name"]: item["port"] for item in objects["Service", "cloud-oned"]["spec"]["ports"]}
    # FireEdge takes the host of the ENDPOINT and port 2101 for events, so one Service has both
    assert ports == {"xmlrpc": int(port), "events": 2101}


def test_configuration_comes_from_values_and_restarts_the_pod(helm: Helm) -> None:
    before = oned(helm.objects({}))
    again = oned(helm.objects({}))
    changes = {"oned": {"config": {"LOG": {"DEBUG_LEVEL": 5}, "VM_MAD": [{"NAME": "kvm", "ARGUMENTS": "-t 30"}]}}}
    objects = helm.objects(changes)
    written = json.loads(objects["ConfigMap", "cloud-oned"]["data"]["oned.json"])
    # logs of virtual machines are on the volume, which outlives the container
    assert written["LOG"] == {"DEBUG_LEVEL": 5, "USE_VMS_LOCATION": "YES"}
    assert written["VM_MAD"] == [{"NAME": "kvm", "ARGUMENTS": "-t 30"}]
    assert written["HOSTNAME"] == "cloud"
    assert before == again
    assert before["metadata"]["annotations"] != oned(objects)["metadata"]["annotations"]


def test_oned_is_never_killed_for_its_database(helm: Helm) -> None:
    container = oned(helm.objects({}))["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert "exec" in container[probe], "an idle TCP connection counts against oned's few"
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 24 * 3600


def test_volumes_outlive_the_release(helm: Helm) -> None:
    objects = helm.objects({})
    for name in ("cloud-oned", "cloud-mariadb"):
        spec = objects["StatefulSet", name]["spec"]
        assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
        assert spec["volumeClaimTemplates"]


def test_no_secret_is_an_object_of_the_release(helm: Helm) -> None:
    """Helm would delete it with the release, and show it in the release's manifest."""
    assert not [key for changes in SETS.values() for key in helm.objects(changes) if key[0] == "Secret"]


def test_own_secrets_are_mounted_and_not_made(helm: Helm) -> None:
    objects = helm.objects({**SETS["own secrets"], "exporter": {"enabled": True}})
    (job,) = objects["Job", "cloud-secrets"]["spec"]["template"]["spec"]["containers"]
    environment = {item["name"]: item.get("value") for item in job["env"]}
    made = json.loads(environment["SECRETS"])
    assert {purpose: (item["name"], item["create"]) for purpose, item in made.items()} == {
        "oneadmin": ("a", False),
        "oneKey": ("b", False),
        "ssh": ("c", False),
        "sshd": ("d", False),
        "database": ("e", False),
        "serveradmin": ("f", False),
        "fireedgeKey": ("g", False),
    }
    mounted = {
        name: {volume["secret"]["secretName"] for volume in spec.get("volumes", []) if "secret" in volume}
        for name, spec in pods(objects)
    }
    assert mounted == {
        "cloud-oned": {"a", "b", "c", "d", "e", "f"},
        "cloud-mariadb": {"e"},
        "cloud-fireedge": {"a", "f", "g"},
        "cloud-flow": {"f"},
        "cloud-gate": {"f"},
        "cloud-exporter": {"a"},
        "cloud-secrets": set(),
        "cloud-test-api": {"a"},
    }


def test_the_external_database_is_used(helm: Helm) -> None:
    objects = helm.objects(EXTERNAL)
    assert ("StatefulSet", "cloud-mariadb") not in objects
    environment = {item["name"]: item["value"] for item in oned(objects)["spec"]["containers"][0]["env"]}
    assert {key: value for key, value in environment.items() if key.startswith("DATABASE_")} == {
        "DATABASE_BACKEND": "mysql",
        "DATABASE_HOST": "db.test",
        "DATABASE_PORT": "3307",
        "DATABASE_NAME": "one",
        "DATABASE_USER": "nebula",
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"images": {"registry": ""}}, "images.registry"),
        ({"hypervisors": {"address": ""}}, "hypervisors.address"),
        ({"hypervisors": {"exposure": "ClusterIP"}}, "exposure"),
        ({"hypervisors": {"monitorPort": 70000}}, "monitorPort"),
        ({"hypervisors": {"sshPort": "22"}}, "sshPort"),
        ({"oned": {"state": {"size": "large"}}}, "size"),
        ({"oned": {"config": {"LOG": {"DEBUG_LEVEL": [1]}}}}, "LOG"),
        ({"oned": {"config": {"bad key": 1}}}, "bad key"),
        ({"oned": {"replica": 3}}, "replica"),
        ({"mariadb": {"enabled": "yes"}}, "enabled"),
        ({"mariadb": {"enabled": False}}, "exactly one of mariadb.enabled"),
        ({"development": {"sqlite": True}}, "exactly one of mariadb.enabled"),
        ({**EXTERNAL, "global": {}}, "global.secrets.database"),
        ({"global": {"secrets": {"ssh": "Not_A_Name"}}}, "ssh"),
        ({"imges": {}}, "imges"),
        ({"platform": "k3s"}, "platform"),
        ({"platform": "openshift", "hypervisors": {"exposure": "HostPort"}}, "hypervisors.exposure"),
        ({"global": {"secrets": {"fireedgeKey": "Not_A_Name"}}}, "fireedgeKey"),
        ({"oned": {"uploads": {"accessModes": ["ReadWriteOncePod"]}}}, "accessModes"),
        ({"fireedge": {"replicas": 0}}, "replicas"),
        ({"fireedge": {"config": {"port": 2616}}}, "port"),
        ({"fireedge": {"views": {"../oned.conf": {}}}}, "views"),
        ({"fireedge": {"guacdLogLevel": "loud"}}, "guacdLogLevel"),
        ({"flow": {"replicas": 2}}, "replicas"),
        ({"gate": {"exposure": "HostPort"}}, "exposure"),
        ({"gate": {"endpoint": "192.0.2.1:5030"}}, "endpoint"),
        ({"gate": {"exposure": "LoadBalancer"}}, "gate.address"),
        ({"hypervisors": {"exposure": "LoadBalancer"}}, "gate.address"),
        ({"gate": {"enabled": False, **PROXIED}}, "gate.enabled"),
        ({"gate": {"address": "gate.test", **PROXIED}}, "IPv4 address, not http://gate.test:30530"),
        ({"gate": {"endpoint": "https://192.0.2.20", **PROXIED}}, "http with an IPv4 address"),
        ({"gate": PROXIED, "oned": {"config": {"ONEGATE_ENDPOINT": "http://192.0.2.20"}}}, "move it to gate.endpoint"),
        ({"gate": {"transparentProxy": {"networks": [""]}}}, "networks"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
        ({"ingress": {"host": "https://cloud.test"}}, "host"),
        ({"ingress": {"controller": "caddy"}}, "controller"),
        ({"ingress": {"path": "/one"}}, "path"),
        ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs"),
        (
            {"ingress": {"enabled": True, "host": "a.test"}, "httpRoute": {"enabled": True}},
            "ingress.enabled and httpRoute",
        ),
        ({"fireedge": {"replicas": 2}, "ingress": {"enabled": True, "host": "a.test"}}, "ingress.controller"),
        (
            {"fireedge": {"replicas": 2}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "web"}]}},
            "httpRoute.sessionPersistence",
        ),
        ({"ldap": {"secret": "Not_A_Name"}}, "ldap"),
        ({"exporter": {"replicas": 2}}, "replicas"),
        ({"exporter": {"networkPolicy": {"from": [{"namespace": "monitoring"}]}}}, "namespace"),
        ({"exporter": {"serviceMonitor": {"interval": "1 minute"}}}, "interval"),
        ({"marketplace": {"linuxContainers": "yes"}}, "linuxContainers"),
    ],
)
def test_bad_values_are_refused_by_name(helm: Helm, changes: Values, named: str) -> None:
    assert named in helm.error(changes)
