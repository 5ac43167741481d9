"""The cluster's configuration: every name leads somewhere, and limits and tries are those of one machine."""

from pathlib import Path

import pytest
import yaml

FOLDER = Path("pipelines/orchestration/kubernetes")
DAGSTER = yaml.safe_load((FOLDER / "dagster.yaml").read_text(encoding="utf-8"))
LAUNCHER = DAGSTER["run_launcher"]["config"]
# Made by the commands in the README, because they come from a file or are secret.
MADE_BY_HAND = {("ConfigMap", "passant-dagster"), ("Secret", "passant-postgres"), ("Secret", "passant-webhook")}


@pytest.fixture(scope="module")
def manifests():
    return list(yaml.safe_load_all((FOLDER / "passant.yaml").read_text(encoding="utf-8")))


def there(manifests):
    return {(m["kind"], m["metadata"]["name"]) for m in manifests} | MADE_BY_HAND


def pods(manifests):
    return [m["spec"]["template"]["spec"] for m in manifests if m["kind"] == "Deployment"]


def test_every_name_leads_somewhere(manifests):
    known = there(manifests)
    for pod in pods(manifests):
        assert ("ServiceAccount", pod["serviceAccountName"]) in known
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for volume in volumes.values():
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in known
            else:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in known
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
            sources = [(k, v["name"]) for source in container["envFrom"] for k, v in source.items()]
            assert {("ConfigMap" if k == "configMapRef" else "Secret", name) for k, name in sources} <= known


def test_a_run_gets_what_the_deployments_have(manifests):
    known = there(manifests)
    containers = [container for pod in pods(manifests) for container in pod["containers"]]
    assert {container["image"] for container in containers} == {LAUNCHER["job_image"]}
    container = containers[0]
    assert ("ServiceAccount", LAUNCHER["service_account_name"]) in known
    assert ("ConfigMap", LAUNCHER["instance_config_map"]) in known
    assert {("ConfigMap", name) for name in LAUNCHER["env_config_maps"]} <= known
    assert {("Secret", name) for name in LAUNCHER["env_secrets"]} <= known
    deployed = {volume["name"]: volume for pod in pods(manifests) for volume in pod["volumes"]}
    assert all(deployed[volume["name"]] == volume for volume in LAUNCHER["volumes"])
    assert all(mount in container["volumeMounts"] for mount in LAUNCHER["volume_mounts"])
    environment = next(m["data"] for m in manifests if m["metadata"]["name"] == "passant-environment")
    assert environment["DAGSTER_HOME"] == LAUNCHER["dagster_home"]
    assert environment["PASSANT_DATA"] == LAUNCHER["volume_mounts"][0]["mountPath"]


def test_everything_is_in_one_namespace_and_runs_as_nobody_special(manifests):
    spaces = {m["metadata"].get("namespace") for m in manifests if m["kind"] != "Namespace"}
    assert spaces == {LAUNCHER["job_namespace"]}
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in pods(manifests))
    assert LAUNCHER["run_k8s_config"]["pod_spec_config"]["security_context"]["run_as_non_root"]
    (only,) = [m for m in manifests if m["kind"] == "Deployment"]
    assert (only["spec"]["replicas"], only["spec"]["strategy"]["type"]) == (1, "Recreate")


@pytest.mark.parametrize("section", ["concurrency", "run_retries", "retention", "freshness", "telemetry", "nux"])
def test_limits_and_tries_are_those_of_one_machine(section):
    here = yaml.safe_load(Path("dagster.yaml").read_text(encoding="utf-8"))
    assert DAGSTER[section] == here[section]


def test_what_postgres_needs_is_in_the_environment(manifests):
    environment = next(m["data"] for m in manifests if m["metadata"]["name"] == "passant-environment")
    database = DAGSTER["storage"]["postgres"]["postgres_db"]
    wanted = {value["env"] for value in database.values() if isinstance(value, dict)}
    assert wanted - set(environment) == {"PASSANT_POSTGRES_PASSWORD"}
