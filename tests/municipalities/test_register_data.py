"""The register as delivered: the facts that docs/sources.md promises."""

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from evaluations import register_files as evaluation_files
from measures import register_files as measure_files
from municipalities import register_files
from municipalities.coverage import COVERED
from municipalities.models import Merger, MergerPart
from tests.register_folder import DIRECTORIES

# The number of municipalities from each of these days on.
COUNTS = {
    "2014-12-31": 403,
    "2015-01-01": 393,
    "2015-07-01": 393,
    "2016-01-01": 390,
    "2017-01-01": 388,
    "2018-01-01": 380,
    "2019-01-01": 355,
    "2021-01-01": 352,
    "2022-01-01": 345,
    "2022-03-24": 344,
    "2023-01-01": 342,
}


@pytest.fixture(scope="module")
def files():
    return register_files.read()


@pytest.fixture(scope="module")
def municipalities(files):
    return {row.code: row for row in files.municipalities.rows}


@pytest.fixture(scope="module")
def current(municipalities):
    return [row for row in municipalities.values() if row.valid_until is None]


@pytest.mark.parametrize(
    "path",
    sorted(path for directory in DIRECTORIES for path in directory.iterdir()),
    ids=lambda path: path.name,
)
def test_files_are_plain_utf_8_with_line_feeds(path):
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")
    assert "\ufffd" not in data.decode("utf-8")


def test_the_number_of_municipalities_follows_from_their_periods(files):
    days = {dt.date.fromisoformat(day): number for day, number in COUNTS.items()}
    assert {day: files.municipalities_on(day) for day in days} == days
    assert {row.on: row.municipalities for row in files.counts.rows} == days
    for (_, before), (day, _) in pairwise(days.items()):
        assert files.municipalities_on(day - dt.timedelta(days=1)) == before


def test_areas(files):
    assert len(files.provinces.rows) == 12
    assert len(files.safety_regions.rows) == 25
    assert len(files.police_units.rows) == 10
    names = {row.code: row.name for row in files.safety_regions.rows}
    assert names["VR24"] == "Zuid-Limburg"


def test_current_municipalities_are_complete(current):
    assert len(current) == 342
    assert all(row.safety_region and row.police_unit for row in current)
    assert all(row.longitude and row.latitude for row in current)
    assert {row.population_year for row in current} == {2024}
    assert sum(row.population for row in current) == 17_942_942
    assert len({row.name for row in current}) == 342


def test_every_area_is_used_and_safety_regions_lie_in_one_police_unit(files, current):
    assert {row.province for row in current} == files.provinces.keys
    assert {row.safety_region for row in current} == files.safety_regions.keys
    assert {row.police_unit for row in current} == files.police_units.keys
    units = defaultdict(set)
    for row in current:
        units[row.safety_region].add(row.police_unit)
    assert all(len(of_region) == 1 for of_region in units.values())


def test_ended_municipalities_keep_the_province_they_had(municipalities):
    assert municipalities["GM1961"].province == "PV26"  # Vijfheerenlanden, in Utrecht
    assert municipalities["GM0545"].province == "PV28"  # Leerdam
    assert municipalities["GM0707"].province == "PV28"  # Zederik
    assert municipalities["GM0620"].province == "PV26"  # Vianen
    ended = [row for row in municipalities.values() if row.valid_until]
    assert len(ended) == 84
    assert not any(row.safety_region or row.police_unit or row.population for row in ended)


def test_changes_of_code_are_mergers_too(files, municipalities):
    renamed = {
        row.predecessor: row.successor
        for row in files.merger_parts.rows
        if row.kind == MergerPart.Kind.RENAME
    }
    assert renamed == {"GM1921": "GM1940", "GM0241": "GM1945"}
    assert municipalities["GM1921"].valid_until == municipalities["GM1940"].valid_from == dt.date(2015, 7, 1)
    assert municipalities["GM0241"].valid_until == municipalities["GM1945"].valid_from == dt.date(2016, 1, 1)


def test_mergers(files, municipalities):
    statuses = Counter(row.status for row in files.mergers.rows)
    assert statuses == {Merger.Status.EFFECTED: 33, Merger.Status.PLANNED: 1}
    ended = {row.predecessor for row in files.merger_parts.rows if row.is_main}
    assert ended - {"GM1696"} == {row.code for row in municipalities.values() if row.valid_until}
    successors = defaultdict(set)
    for row in files.merger_parts.rows:
        successors[row.predecessor].add(row.successor)
    assert successors["GM1671"] == {"GM0796", "GM0828"}  # Maasdonk
    assert successors["GM0140"] == {"GM0080", "GM1900", "GM1949"}  # Littenseradiel
    assert successors["GM0788"] == {"GM0757", "GM0824", "GM0855", "GM0865"}  # Haaren
    assert {code for code, new in successors.items() if len(new) > 1} == {
        "GM1671",
        "GM0140",
        "GM0053",
        "GM0788",
    }


def test_the_planned_merger_ends_nothing_yet(files, municipalities):
    (planned,) = [row for row in files.mergers.rows if row.status == Merger.Status.PLANNED]
    assert planned.effective_on == dt.date(2027, 1, 1)
    (part,) = [row for row in files.merger_parts.rows if row.merger == planned.key]
    assert (part.predecessor, part.successor) == ("GM1696", "GM0402")
    assert municipalities["GM1696"].valid_until is None


def test_groups(files):
    sizes = Counter(row.group for row in files.group_members.rows)
    assert sizes == {"g4": 4, "g40": 41}
    g4 = {row.municipality for row in files.group_members.rows if row.group == "g4"}
    assert g4 == {"GM0363", "GM0599", "GM0518", "GM0344"}


def test_safety_policies(files, current):
    rows = files.safety_policies.rows
    codes = {row.code for row in current}
    assert len(rows) == 252
    assert all(set(row.municipalities) <= codes for row in rows)
    assert max(len(row.municipalities) for row in rows) == 76
    assert Counter(row.theme_seen for row in rows) == {"unknown": 157, "no": 52, "yes": 43}
    assert {row.theme_as for row in rows if row.theme_seen == "yes"} <= set(COVERED)
    assert all(row.source_note for row in rows)


def test_measures_and_support():
    files = measure_files.read()
    assert len(files.typical_measures.rows) == 40
    assert len(files.support_offers.rows) == 55
    assert {row.name for row in files.support_offers.rows if row.has_ended} >= {
        "Winter School: Radicalisering en extremisme",
        "Oumnia Works",
    }


def test_evaluations_and_findings(files):
    evaluations = evaluation_files.read(files)
    assert evaluations.problems == []
    assert len(evaluations.evaluations.rows) == 26
    assert len(evaluations.findings.rows) == 81
    assert Counter(row.kind for row in evaluations.findings.rows) == {"improvement": 58, "strength": 23}
    with_findings = {row.evaluation for row in evaluations.findings.rows}
    assert with_findings == {row.key for row in evaluations.evaluations.rows if row.findings_seen}
