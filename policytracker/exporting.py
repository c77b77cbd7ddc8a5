"""Tables for a spreadsheet, as CSV and as XLSX, from any number of rows in little memory.

A spreadsheet runs a cell that begins with certain signs as a formula, with whatever the sender put in it.
Such texts get an apostrophe in front, as OWASP advises ("CSV Injection"): they are shown and never run.
"""

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CSV, XLSX = "csv", "xlsx"
FORMATS = (CSV, XLSX)

BYTE_ORDER_MARK = "\ufeff"  # by which Excel sees that the text is UTF-8
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # which XML, and so XLSX, cannot hold
IN_MEMORY = 2 * 1024 * 1024  # a larger workbook waits on disk
MARGIN, WIDEST = 2, 60  # of a column, in characters

Cell = str | int | float | dt.date | None
Row = Sequence[Cell]


def safe(cell: Any) -> Any:
    """The cell, with a text that a spreadsheet would run made one that it shows."""
    if not isinstance(cell, str):
        return cell
    text = CONTROL_CHARACTERS.sub("", cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def table_response(
    kind: str, name: str, header: Sequence[str], rows: Iterable[Row], about: Mapping[str, str]
) -> HttpResponseBase:
    """The table as a download called `name`, of the kind CSV or XLSX.

    `about` says what the table is (its day, its source, by which filters it was made): a sheet of its own in
    a workbook. A CSV file has room for the table alone, so what a reader cannot do without belongs in its
    columns.
    """
    if kind == XLSX:
        return xlsx_response(name, header, rows, about)
    return csv_response(name, header, rows)


class Line:
    """A file for the csv module that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The lines of the table, with the semicolon that Excel expects in a Dutch set-up."""
    writer = csv.writer(Line(), delimiter=";")
    yield BYTE_ORDER_MARK + writer.writerow([safe(str(title)) for title in header])
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def csv_response(name: str, header: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """The table as CSV, sent line by line while the rows are read."""
    return StreamingHttpResponse(
        csv_lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def xlsx_response(
    name: str, header: Sequence[str], rows: Iterable[Row], about: Mapping[str, str]
) -> FileResponse:
    """The table as a workbook, written row by row to a file that the server then sends."""
    workbook = Workbook(write_only=True)
    table = workbook.create_sheet(_("Table"))
    table.freeze_panes = "A2"
    for number, title in enumerate(header, start=1):
        table.column_dimensions[get_column_letter(number)].width = min(len(str(title)) + 4 * MARGIN, WIDEST)
    table.append([bold(table, str(title)) for title in header])
    for row in rows:
        table.append([safe(cell) for cell in row])
    sheet = workbook.create_sheet(_("About this table"))
    for column, width in (("A", 24), ("B", WIDEST)):
        sheet.column_dimensions[column].width = width
    for term, text in about.items():
        sheet.append([bold(sheet, term), safe(text)])
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 the response closes it
    workbook.save(file)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def bold(sheet: Any, text: str) -> WriteOnlyCell:
    """A cell in bold."""
    cell = WriteOnlyCell(sheet, safe(text))
    cell.font = Font(bold=True)
    return cell
