"""The papers say what is: their links lead somewhere, and what they name exists."""

import json
import re
import stat
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MUST_BE_THERE = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "GOVERNANCE.md",
    "SECURITY.md",
    "LICENSE",
    "publiccode.yml",
    "docs/architecture.md",
    "docs/adr/README.md",
]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
FILE_IN_CODE = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|html|css|js|mjs|md|toml|txt|yml|po|csv|json))")

each_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))


def anchors(paper: Path) -> set[str]:
    """What can stand behind the # of a link to the paper, by the rule of the common hosts of repositories."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", paper.read_text(encoding="utf-8")), re.MULTILINE)
    found: set[str] = set()
    for heading in headings:
        words = LINK.sub(lambda link: link[0].partition("]")[0], heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        number, anchor = 0, slug
        while anchor in found:
            number += 1
            anchor = f"{slug}-{number}"
        found.add(anchor)
    return found


def code_of(paper: Path) -> str:
    """Everything in a paper that is set as code, one piece a line."""
    text = paper.read_text(encoding="utf-8")
    return "\n".join([*FENCE.findall(text), *INLINE_CODE.findall(FENCE.sub("", text))])


def can_be_run(path: Path) -> bool:
    """Whether a file is a command that anybody may start."""
    return path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o111 == 0o111


@pytest.mark.parametrize("name", MUST_BE_THERE)
def test_paper_is_there(name):
    assert (ROOT / name).stat().st_size > 500


@each_paper
def test_relative_links_lead_to_a_file_and_a_heading(paper):
    dead = []
    for link in LINK.findall(FENCE.sub("", paper.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (paper.parent / path).resolve() if path else paper
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@each_paper
def test_commands_in_script_exist_and_can_be_run(paper):
    commands = set(re.findall(r"(?<![\w/])script/([a-z]+)(?![\w./])", code_of(paper)))
    assert {name for name in commands if not can_be_run(ROOT / "script" / name)} == set()


@each_paper
def test_commands_of_django_exist(paper):
    named = set(re.findall(r"(?:manage\.py|script/manage) ([a-z_]+)", code_of(paper)))
    assert named - get_commands().keys() == set()


@each_paper
def test_files_named_in_code_exist(paper):
    made_while_running = (".venv/", "node_modules/", "var/", "static/dist/")
    folders = (ROOT, paper.parent, ROOT / "templates")
    named = INLINE_CODE.findall(FENCE.sub("", paper.read_text(encoding="utf-8")))
    missing = [
        piece
        for piece in named
        if FILE_IN_CODE.fullmatch(piece) and "/" in piece.rstrip("/")
        if not piece.startswith(made_while_running)
        if not any((folder / piece).exists() for folder in folders)
    ]
    assert missing == []


def test_readme_names_every_command():
    commands = {path.name for path in (ROOT / "script").iterdir() if path.is_file() and not path.suffix}
    assert commands <= set(re.findall(r"script/([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))


def test_readme_names_only_settings_that_are_read():
    names = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    read = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("policytracker", "demonstration", "script", "tests", "deploy")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ""} and path.is_file()
    )
    assert {name for name in names if name not in read} == set()


def test_one_version_everywhere():
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {
        released[0],
        project["version"],
        json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["version"],
        yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))["softwareVersion"],
    }
    assert versions == {settings.VERSION}


def test_every_decision_is_listed_with_its_title_and_numbered_without_a_gap():
    folder = ROOT / "docs" / "adr"
    decisions = sorted(folder.glob("[0-9]*.md"))
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([^)]+)\) \| ([^|]+) \|",
        (folder / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [path.name for path in decisions] == [name for _, name, _ in listed]
    assert all(name.startswith(number) for number, name, _ in listed)
    assert [int(number) for number, _, _ in listed] == list(range(1, len(listed) + 1))
    for number, name, title in listed:
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {number} {title}\n")


@pytest.mark.parametrize("heading", ["Status", "## Question", "## Decision", "## What it costs"])
def test_every_decision_has_its_parts(heading):
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert re.search(rf"^{heading}", path.read_text(encoding="utf-8"), re.MULTILINE), path.name


def test_licence_is_the_european_one_everywhere():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "15.Applicable Law" in text
    assert "‘Compatible Licences’ according to Article 5 EUPL" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "EUPL-1.2"
    assert json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["license"] == "EUPL-1.2"


def publiccode_faults(data: dict) -> list[str]:
    """What publiccode.yml 0.7 asks for and the data lack: keys that must be there, and their limits."""
    faults = [
        f"no {key}"
        for key in ("name", "url", "platforms", "developmentStatus", "softwareType", "description", "legal")
        if not data.get(key)
    ]
    if data.get("publiccodeYmlVersion") != "0.7":
        faults.append("version")
    if not str(data.get("url", "")).startswith("https://"):
        faults.append("url")
    if data.get("developmentStatus") not in {"concept", "development", "beta", "stable", "obsolete"}:
        faults.append("developmentStatus")
    if data.get("softwareType") != "standalone/web":
        faults.append("softwareType")
    for language in ("nl", "en"):
        text = data.get("description", {}).get(language, {})
        if not 0 < len(text.get("shortDescription", "")) <= 150 or "\n" in text.get("shortDescription", ""):
            faults.append(f"shortDescription in {language}")
        if not 150 <= len(text.get("longDescription", "")) <= 10_000:
            faults.append(f"longDescription in {language}")
        if not text.get("features"):
            faults.append(f"features in {language}")
    if data.get("legal", {}).get("license") != "EUPL-1.2":
        faults.append("legal.license")
    maintenance = data.get("maintenance", {})
    needs = {"none": None, "internal": "contacts", "community": "contacts", "contract": "contractors"}
    kind = maintenance.get("type")
    if kind not in needs or (needs[kind] and not maintenance.get(needs[kind])):
        faults.append("maintenance")
    localisation = data.get("localisation", {})
    if not isinstance(localisation.get("localisationReady"), bool):
        faults.append("localisation.localisationReady")
    if set(localisation.get("availableLanguages", [])) != {code for code, _ in settings.LANGUAGES}:
        faults.append("localisation.availableLanguages")
    return faults


def test_publiccode_has_what_the_standard_asks():
    data = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    assert publiccode_faults(data) == []


def test_publiccode_check_sees_what_is_missing_or_too_long():
    data = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    data["description"]["nl"]["shortDescription"] = "x" * 151
    data["description"]["en"]["longDescription"] = "x" * 149
    data["maintenance"] = {"type": "community"}
    del data["localisation"]["localisationReady"]
    assert publiccode_faults(data) == [
        "shortDescription in nl",
        "longDescription in en",
        "maintenance",
        "localisation.localisationReady",
    ]
