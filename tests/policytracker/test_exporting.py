"""An export opens in a spreadsheet as what it is: text stays text, whatever it begins with."""

import csv
import datetime as dt
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.http import HttpResponseBase
from openpyxl import load_workbook

from policytracker.exporting import CSV, XLSX, csv_lines, safe, table_response

HEADER = ["Code", "Name"]


def content(response: HttpResponseBase) -> bytes:
    """All that is sent; closing the response closes the file behind it."""
    sent = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    response.close()
    return sent


def csv_rows(response: HttpResponseBase) -> list[list[str]]:
    return list(csv.reader(StringIO(content(response).decode("utf-8-sig")), delimiter=";"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert safe(f"{start}HYPERLINK()") == f"'{start}HYPERLINK()"


@pytest.mark.parametrize(
    "cell", ["'s-Hertogenbosch", "Nuenen = c.a.", "", " =1", None, 0, -12, -1.5, dt.date(2026, 1, 1)]
)
def test_other_cells_stay_as_they_are(cell: Any) -> None:
    assert safe(cell) == cell


def test_what_a_formula_hides_behind_is_looked_through() -> None:
    assert safe("\x00=1+1") == "'=1+1"


@pytest.mark.django_db
def test_csv_is_for_excel_in_a_dutch_set_up() -> None:
    response = table_response(CSV, "gemeenten", HEADER, [("GM0344", "Súdwest; Fryslân"), ("=1", None)], {})
    raw = content(response)
    assert raw.startswith(b"\xef\xbb\xbfCode;Name\r\n")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="gemeenten.csv"'


@pytest.mark.django_db
def test_csv_reads_back() -> None:
    rows = [("GM0344", 'Súdwest; "Fryslân"\nregel', 12, dt.date(2026, 11, 24)), ("=1", None, -3, None)]
    response = table_response(CSV, "x", [*HEADER, "Number", "Day"], rows, {})
    assert csv_rows(response)[1:] == [
        ["GM0344", 'Súdwest; "Fryslân"\nregel', "12", "2026-11-24"],
        ["'=1", "", "-3", ""],
    ]


def test_csv_is_sent_while_it_is_read() -> None:
    asked: list[int] = []

    def rows() -> Iterator[tuple[int, str]]:
        for number in range(3):
            asked.append(number)
            yield number, "x"

    lines = csv_lines(HEADER, rows())
    next(lines)
    assert asked == []
    next(lines)
    assert asked == [0]


@pytest.mark.django_db  # a closed response closes old connections
def test_xlsx_reads_back_with_types_and_what_it_is_about() -> None:
    rows = [
        ("GM0344", "=cmd|' /C calc'!A0", -3, dt.date(2026, 11, 24)),
        ("GM0363", "wit\x0bregel", 1_000, None),
    ]
    response = table_response(
        XLSX,
        "gemeenten",
        [*HEADER, "Number", "Day"],
        rows,
        {"Reference day": "24 november 2026", "Filters": "=1"},
    )
    assert response["Content-Disposition"] == 'attachment; filename="gemeenten.xlsx"'
    workbook = load_workbook(BytesIO(content(response)))
    table, about = workbook.worksheets
    assert [[cell.value for cell in row[:3]] for row in table.iter_rows()] == [
        ["Code", "Name", "Number"],
        ["GM0344", "'=cmd|' /C calc'!A0", -3],
        ["GM0363", "witregel", 1_000],
    ]
    assert [table["D2"].value.date(), table["D3"].value] == [dt.date(2026, 11, 24), None]
    assert {cell.data_type for row in table.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert list(about.values) == [("Reference day", "24 november 2026"), ("Filters", "'=1")]
    assert table.freeze_panes == "A2"


@pytest.mark.django_db
def test_xlsx_closes_its_file_with_the_response() -> None:
    response = table_response(XLSX, "x", HEADER, [("GM0344", "Utrecht")], {})
    file = response.file_to_stream  # type: ignore[attr-defined]
    response.close()
    assert file.closed
