"""Reading the register's files: every problem is found, with its row and field, and all of them at once."""

import pytest
from django.utils import translation

from evaluations import register_files as evaluation_files
from measures import register_files as measure_files
from municipalities import register_files
from municipalities.data_files import Problem
from tests.register_folder import RegisterFolder


@pytest.fixture
def folder(tmp_path):
    return RegisterFolder(tmp_path)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def problems(folder: RegisterFolder) -> list[Problem]:
    register = register_files.read(folder.path)
    return [
        *register.problems,
        *measure_files.read(folder.path).problems,
        *evaluation_files.read(register, folder.path).problems,
    ]


def only_problem(folder: RegisterFolder) -> Problem:
    found = problems(folder)
    assert len(found) == 1, found
    return found[0]


def test_the_register_as_delivered_has_no_problem(folder):
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("file", "key", "cells", "field", "message"),
    [
        ("provinces.csv", "PV26", {"code": "26"}, "code", "“26” is not written like “PV20”."),
        ("municipalities.csv", "GM0344", {"name": " "}, "name", "This cell must not be empty."),
        ("municipalities.csv", "GM0344", {"name": "U" * 101}, "name", "Longer than 100 characters."),
        (
            "municipalities.csv",
            "GM0344",
            {"population": "374.238"},
            "population",
            "“374.238” is not a number.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"population": "0"},
            "population",
            "0 lies outside 1 to 2000000.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"population": ""},
            "population_year",
            "Inhabitants and their year belong together.",
        ),
        ("municipalities.csv", "GM0344", {"longitude": "5,1"}, "longitude", "“5,1” is not a number."),
        (
            "municipalities.csv",
            "GM0344",
            {"latitude": "5.1"},
            "latitude",
            "5.1 lies outside 50.7 to 53.6.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"province": "PV99"},
            "province",
            "“PV99” is not known in the register.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"safety_region": "VR99"},
            "safety_region",
            "“VR99” is not known in the register.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"valid_from": "1-1-2016"},
            "valid_from",
            "“1-1-2016” is not a day written like 2026-11-24.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"valid_from": "2016-02-30"},
            "valid_from",
            "“2016-02-30” is not a day that exists.",
        ),
        (
            "municipalities.csv",
            "GM0344",
            {"valid_from": "1814-01-01"},
            "valid_from",
            "1814-01-01 lies outside 2014-12-31 to",
        ),
        (
            "mergers.csv",
            "2019-01-01-altena",
            {"status": "done"},
            "status",
            "“done” is not one of: planned, effected.",
        ),
        (
            "group_members.csv",
            "g4",
            {"municipality": "GM9999"},
            "municipality",
            "“GM9999” is not known in the register.",
        ),
        (
            "group_members.csv",
            "g40",
            {"since": "2018-01-01", "until": "2017-01-01"},
            "until",
            "The period ends before it begins.",
        ),
        (
            "register_counts.csv",
            "2018-01-01",
            {"municipalities": "381"},
            "municipalities",
            "According to their periods there are 380 municipalities on 2018-01-01.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"municipalities": "GM0344;GM9999"},
            "municipalities",
            "“GM9999” is not known in the register.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"municipalities": "GM0344;0363"},
            "municipalities",
            "“0363” is not written like “GM0344”.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"municipalities": "GM0344;GM0344"},
            "municipalities",
            "“GM0344” stands in this cell twice.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"ends_year": "2018"},
            "ends_year",
            "The period ends before it begins.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"kind": "plan"},
            "kind",
            "“plan” is not one of: ivp,",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"theme_as": ""},
            "theme_as",
            "Where the theme was seen, this is one of: priority, included, separate_plan, regional_plan.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"theme_seen": "no"},
            "theme_as",
            "Empty unless the theme was seen.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"source_url": "utrecht.nl/plan"},
            "source_url",
            "“utrecht.nl/plan” is not an address of a web page.",
        ),
        (
            "safety_policies.csv",
            "utrecht-ivp-2019-2022",
            {"seen_on": "2999-01-01"},
            "seen_on",
            "2999-01-01 lies outside 2000-01-01 to",
        ),
        (
            "safety_policies.csv",
            "ameland-ivp-2021-2024",
            {"cvdr_id": "675718"},
            "cvdr_id",
            "“675718” is not written like “CVDR698977”.",
        ),
        ("typical_measures.csv", "meld-en-adviespunt", {"phase": "later"}, "phase", "“later” is not one of:"),
        ("support_offers.csv", "forsa", {"has_ended": "nee"}, "has_ended", "“nee” is not one of: yes, no."),
        (
            "evaluations.csv",
            "uu-2018-amsterdam",
            {"codes": "GM9999"},
            "codes",
            "“GM9999” is not known in the register.",
        ),
        ("evaluations.csv", "uu-2018-amsterdam", {"codes": ""}, "codes", "These codes do not fit the scope."),
        (
            "evaluations.csv",
            "uu-2018-amsterdam",
            {"codes": "VR13"},
            "codes",
            "These codes do not fit the scope.",
        ),
        (
            "evaluations.csv",
            "uu-2018-amsterdam",
            {"published_on": ""},
            "published_on",
            "Give the day of publication, or say that it is not known.",
        ),
        (
            "findings.csv",
            "uu-2018-amsterdam-01",
            {"evaluation": "uu-1999"},
            "evaluation",
            "“uu-1999” is not known in the register.",
        ),
    ],
)
def test_a_wrong_cell_is_named_with_its_row_and_field(folder, file, key, cells, field, message):
    row = folder.change(file, key, **cells)
    # A code that others refer to is missed there too; the cell itself is what matters.
    found = [problem for problem in problems(folder) if problem.file == file and problem.row == row]
    assert [(problem.field, problem.message[: len(message)]) for problem in found] == [(field, message)]


def test_all_problems_are_reported_together(folder):
    first = folder.change("municipalities.csv", "GM0344", population="many", latitude="north")
    last = folder.change("findings.csv", "uu-2018-amsterdam-01", kind="praise")
    assert [(problem.file, problem.row, problem.field) for problem in problems(folder)] == [
        ("municipalities.csv", first, "latitude"),
        ("municipalities.csv", first, "population"),
        ("findings.csv", last, "kind"),
    ]


def test_a_row_that_is_wrong_elsewhere_is_still_known_by_its_code(folder):
    folder.change("municipalities.csv", "GM0363", population="many")
    assert only_problem(folder).field == "population"


@pytest.mark.parametrize("file", ["municipalities.csv", "support_offers.csv", "findings.csv"])
def test_a_missing_file_is_one_problem(folder, file):
    (folder.path / file).unlink()
    assert only_problem(folder) == Problem(file, 0, "", "The file is not there or cannot be read.")


def test_a_missing_column_is_one_problem_in_the_heading(folder):
    folder.remove_column("municipalities.csv", "province")
    assert only_problem(folder) == Problem("municipalities.csv", 1, "province", "The column is missing.")


def test_a_column_that_occurs_twice_is_refused(folder):
    lines = folder.lines("groups.csv")
    folder.write("groups.csv", [[*cells, cells[1]] for cells in lines])
    assert only_problem(folder) == Problem("groups.csv", 1, "name", "The column occurs more than once.")


def test_an_unknown_column_is_ignored(folder):
    lines = folder.lines("groups.csv")
    folder.write("groups.csv", [[*cells, "remark"] for cells in lines])
    assert problems(folder) == []


def test_a_row_with_a_cell_too_few_is_named(folder):
    lines = folder.lines("typical_measures.csv")
    lines[4].pop()
    folder.write("typical_measures.csv", lines)
    assert only_problem(folder) == Problem(
        "typical_measures.csv", 5, "", "The row does not have as many cells as the heading."
    )


def test_wrong_encoding_names_the_row_of_the_first_wrong_letter(folder):
    path = folder.path / "municipalities.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    row = next(
        number
        for number, cells in enumerate(RegisterFolder.lines(_original(folder), "municipalities.csv"), start=1)
        if not ",".join(cells).isascii()
    )
    assert only_problem(folder) == Problem(
        "municipalities.csv", row, "", "This is not UTF-8 text; save the file with the encoding UTF-8."
    )


def _original(folder: RegisterFolder) -> RegisterFolder:
    return RegisterFolder(folder.path / "original")


def test_utf_16_is_wrong_encoding_too(folder):
    path = folder.path / "groups.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert only_problem(folder).row == 1


def test_a_byte_order_mark_is_forgiven(folder):
    path = folder.path / "groups.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert problems(folder) == []


def test_text_that_is_no_table_is_refused(folder):
    (folder.path / "groups.csv").write_text('code,name,source\ng4,"G4,not closed\n', encoding="utf-8")
    assert Problem("groups.csv", 0, "", "This is not a table of values separated by commas.") in problems(
        folder
    )


def test_a_code_that_occurs_twice_names_both_rows(folder):
    first = folder.row("municipalities.csv", "GM0344")
    row = folder.add(
        "municipalities.csv", **{**folder.cells("municipalities.csv", "GM0344"), "name": "Utrecht 2"}
    )
    assert Problem(
        "municipalities.csv", row, "code", f"“GM0344” occurs twice; first in row {first}."
    ) in problems(folder)


def test_a_finding_key_that_occurs_twice_is_refused(folder):
    first = folder.row("findings.csv", "aef-2018-lse-01")
    row = folder.change("findings.csv", "aef-2018-lse-02", key="aef-2018-lse-01")
    assert only_problem(folder) == Problem(
        "findings.csv", row, "key", f"“aef-2018-lse-01” occurs twice; first in row {first}."
    )


def test_a_period_that_ends_before_it_begins_is_refused(folder):
    row = folder.change("municipalities.csv", "GM1942", valid_until="2015-12-31")
    assert Problem("municipalities.csv", row, "valid_until", "The period ends before it begins.") in problems(
        folder
    )


def test_two_municipalities_of_one_name_may_not_exist_at_the_same_time(folder):
    first = folder.row("municipalities.csv", "GM0317")
    row = folder.change("municipalities.csv", "GM1960", name="Eemnes")
    assert only_problem(folder) == Problem(
        "municipalities.csv", row, "valid_from", f"The period overlaps the one in row {first}."
    )


def test_a_name_may_come_back_after_it_ended(folder):
    folder.change("municipalities.csv", "GM1960", name="Geldermalsen")
    assert problems(folder) == []


def test_memberships_of_a_group_may_not_overlap(folder):
    folder.change("group_members.csv", "g40", until="2020-01-01")
    code = folder.cells("group_members.csv", "g40")["municipality"]
    first = folder.row("group_members.csv", "g40")
    row = folder.add("group_members.csv", group="g40", municipality=code, since="2019-01-01")
    assert only_problem(folder) == Problem(
        "group_members.csv", row, "since", f"The period overlaps the one in row {first}."
    )
    folder.change("group_members.csv", "g40", until="2018-12-31")
    assert problems(folder) == []


def _parts(folder: RegisterFolder, **wanted: str) -> int:
    """The number of the merger part with these cells."""
    heading, *lines = folder.lines("merger_parts.csv")
    return next(
        number
        for number, cells in enumerate(lines, start=2)
        if wanted.items() <= dict(zip(heading, cells, strict=True)).items()
    )


def _change_part(folder: RegisterFolder, row: int, **cells: str) -> None:
    lines = folder.lines("merger_parts.csv")
    for name, value in cells.items():
        lines[row - 1][lines[0].index(name)] = value
    folder.write("merger_parts.csv", lines)


def test_a_merger_ends_its_municipalities_on_its_day(folder):
    row = _parts(folder, predecessor="GM0457")
    folder.change("mergers.csv", "2022-03-24-amsterdam", effective_on="2022-03-25")
    assert only_problem(folder) == Problem(
        "merger_parts.csv",
        row,
        "predecessor",
        "The municipality does not end on 2022-03-25, the day of the merger.",
    )


def test_a_new_municipality_begins_on_the_day_of_its_merger(folder):
    folder.change("municipalities.csv", "GM1991", valid_from="2022-01-02")
    rows = {_parts(folder, predecessor="GM0856"), _parts(folder, predecessor="GM1685")}
    found = [problem for problem in problems(folder) if problem.file == "merger_parts.csv"]
    assert {problem.row for problem in found} == rows
    assert "The municipality does not begin on 2022-01-01, the day of the merger." in {
        problem.message for problem in found
    }


def test_a_municipality_has_one_main_successor(folder):
    row = _parts(folder, predecessor="GM1671", successor="GM0828")
    _change_part(folder, row, is_main="yes")
    assert only_problem(folder) == Problem(
        "merger_parts.csv", row, "is_main", "Exactly one of the successors must be the main one."
    )


def test_a_municipality_ends_in_one_merger(folder):
    row = folder.add(
        "merger_parts.csv",
        merger="2022-01-01-purmerend",
        predecessor="GM0457",
        successor="GM0439",
        kind="absorbed",
        is_main="yes",
        source="x",
    )
    assert Problem(
        "merger_parts.csv", row, "predecessor", "The municipality ends in another merger too."
    ) in problems(folder)


def test_a_successor_is_another_municipality_that_exists(folder):
    row = _parts(folder, predecessor="GM0457")
    _change_part(folder, row, successor="GM0457")
    assert Problem(
        "merger_parts.csv", row, "successor", "A municipality cannot be its own successor."
    ) in problems(folder)
    _change_part(folder, row, successor="GM0370")
    assert only_problem(folder) == Problem(
        "merger_parts.csv", row, "successor", "The municipality did not exist before the merger."
    )


def test_what_a_split_leaves_goes_to_a_municipality_that_exists(folder):
    row = _parts(folder, predecessor="GM0788", successor="GM0865")
    _change_part(folder, row, successor="GM0844")
    assert only_problem(folder) == Problem(
        "merger_parts.csv", row, "successor", "The municipality does not exist on the day of the merger."
    )


def test_a_planned_merger_ends_nothing(folder):
    folder.change("municipalities.csv", "GM1696", valid_until="2027-01-01")
    row = _parts(folder, predecessor="GM1696")
    assert only_problem(folder) == Problem(
        "merger_parts.csv",
        row,
        "predecessor",
        "The merger is only planned, but the municipality has an end.",
    )


def test_what_ends_or_begins_does_so_in_a_merger(folder):
    ended = folder.change("municipalities.csv", "GM0344", valid_until="2024-01-01")
    begun = folder.change("municipalities.csv", "GM0363", valid_from="2015-02-01")
    found = problems(folder)
    assert Problem("municipalities.csv", ended, "valid_until", "No merger says who succeeds it.") in found
    assert Problem("municipalities.csv", begun, "valid_from", "No merger says from what it came.") in found


def test_a_merger_without_municipalities_is_refused(folder):
    row = folder.add(
        "mergers.csv", key="2024-01-01-nobody", effective_on="2024-01-01", status="effected", source="x"
    )
    assert only_problem(folder) == Problem(
        "mergers.csv", row, "key", "No municipality takes part in this merger."
    )
