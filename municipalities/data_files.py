"""Reading a table from a CSV file: its rows in the types they mean, and every problem with where it stands.

A file is UTF-8 (a byte order mark is forgiven), separated by commas, with one heading. Rows are counted as a
spreadsheet shows them: the heading is row 1. Messages are in the language that is active while reading.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _

from policytracker.dates import today
from policytracker.provenance import Confidence

SEPARATOR = ";"  # between several values in one cell
EARLIEST_YEAR = 2000  # nothing that the files tell is older


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a file and where; row 0 is the file as a whole, an empty field the row as a whole."""

    file: str
    row: int
    field: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a file and its number."""

    row: int


@dataclass(frozen=True, kw_only=True)
class SourcedRow(Row):
    """A row of content that was read in a public source."""

    key: str
    source_url: str
    source_note: str
    confidence: str
    seen_on: dt.date


R = TypeVar("R", bound=Row)


@dataclass
class Content(Generic[R]):
    """What was read of a file.

    `keys` also holds the keys of rows in which something else is wrong. It is None where the file could not
    be read at all, so that one broken file is not reported in every row that refers to it.
    """

    file: str
    rows: list[R] = field(default_factory=list)
    keys: set[str] | None = None
    problems: list[Problem] = field(default_factory=list)

    def problem(self, row: int, column: str, message: str) -> None:
        """Note what is wrong in a cell."""
        self.problems.append(Problem(self.file, row, column, message))

    def require(self, row: Row, column: str, codes: Iterable[str], known: set[str] | None) -> None:
        """Note each code that is not among the known ones."""
        for code in codes:
            if known is not None and code not in known:
                self.problem(
                    row.row, column, _("“%(value)s” is not known in the register.") % {"value": code}
                )


@dataclass(frozen=True)
class Column:
    """How a cell is read. `parse` gets a cell that is not empty; its ValueError says what is wrong."""

    parse: Callable[[str], Any]
    required: bool = True
    empty: Any = None

    def read(self, cell: str) -> Any:
        """The value of the cell; ValueError with a message for the reader where it has none."""
        text = cell.strip()
        if text:
            return self.parse(text)
        if self.required:
            raise ValueError(_("This cell must not be empty."))
        return self.empty


@dataclass(frozen=True)
class Table(Generic[R]):
    """A file: its name, the dataclass of its rows, its columns, and those whose values no two rows share."""

    file: str
    row: type[R]
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()

    def read(self, directory: Path) -> Content[R]:
        """Read the file in the folder; what is wrong with it is in `problems`, and such rows are left out."""
        content: Content[R] = Content(self.file)
        lines = self._lines(directory, content)
        heading = lines[0] if lines else []
        if not content.problems:
            self._check_heading(heading, content)
        if content.problems:
            return content
        first_seen: dict[str, int] = {}
        for number, cells in enumerate(lines[1:], start=2):
            if not cells:
                continue
            if len(cells) != len(heading):
                content.problem(number, "", _("The row does not have as many cells as the heading."))
                continue
            named = dict(zip(heading, cells, strict=True))
            self._check_key(number, named, first_seen, content)
            self._read_row(number, named, content)
        content.keys = set(first_seen)
        return content

    def _lines(self, directory: Path, content: Content[R]) -> list[list[str]]:
        try:
            data = (directory / self.file).read_bytes()
        except OSError:
            content.problem(0, "", _("The file is not there or cannot be read."))
            return []
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            row = data.count(b"\n", 0, error.start) + 1
            content.problem(row, "", _("This is not UTF-8 text; save the file with the encoding UTF-8."))
            return []
        try:
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            content.problem(0, "", _("This is not a table of values separated by commas."))
            return []

    def _check_heading(self, heading: list[str], content: Content[R]) -> None:
        for name in self.columns:
            if name not in heading:
                content.problem(1, name, _("The column is missing."))
            elif heading.count(name) > 1:
                content.problem(1, name, _("The column occurs more than once."))

    def _check_key(
        self, number: int, cells: Mapping[str, str], first_seen: dict[str, int], content: Content[R]
    ) -> None:
        key = ", ".join(cells[name].strip() for name in self.key)
        if key and first_seen.setdefault(key, number) != number:
            content.problem(
                number,
                self.key[-1],
                _("“%(key)s” occurs twice; first in row %(row)d.") % {"key": key, "row": first_seen[key]},
            )

    def _read_row(self, number: int, cells: Mapping[str, str], content: Content[R]) -> None:
        values = {}
        for name, column in self.columns.items():
            try:
                values[name] = column.read(cells[name])
            except ValueError as error:
                content.problem(number, name, str(error))
        if len(values) == len(self.columns):
            content.rows.append(self.row(row=number, **values))


def text(model: type[models.Model], name: str) -> Column:
    """A text that fits the model's field, and may be empty where the field may."""
    model_field = model._meta.get_field(name)
    limit = getattr(model_field, "max_length", None)

    def parse(cell: str) -> str:
        if limit is not None and len(cell) > limit:
            raise ValueError(_("Longer than %(limit)d characters.") % {"limit": limit})
        return cell

    return Column(parse, required=not getattr(model_field, "blank", False), empty="")


def matching(pattern: str, example: str, *, required: bool = True) -> Column:
    """A text of a fixed form, such as a code."""

    def parse(cell: str) -> str:
        if not re.fullmatch(pattern, cell):
            raise ValueError(
                _("“%(value)s” is not written like “%(example)s”.") % {"value": cell, "example": example}
            )
        return cell

    return Column(parse, required=required, empty="")


def slug() -> Column:
    """A key: small letters, figures and hyphens."""
    return matching(r"[a-z0-9]+(-[a-z0-9]+)*", "utrecht-ivp-2023-2026")


def several(pattern: str, example: str, *, required: bool = True) -> Column:
    """Several codes in one cell, each once."""
    one = matching(pattern, example)

    def parse(cell: str) -> tuple[str, ...]:
        codes = tuple(one.read(part) for part in cell.split(SEPARATOR))
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(_("“%(value)s” stands in this cell twice.") % {"value": code})
        return codes

    return Column(parse, required=required, empty=())


def names() -> Column:
    """Several names in one cell."""
    return Column(
        lambda cell: tuple(part.strip() for part in cell.split(SEPARATOR) if part.strip()),
        required=False,
        empty=(),
    )


def choice(choices: type[models.TextChoices], *, required: bool = True) -> Column:
    """One of the values that the model knows."""

    def parse(cell: str) -> str:
        if cell not in choices.values:
            raise ValueError(
                _("“%(value)s” is not one of: %(choices)s.")
                % {"value": cell, "choices": ", ".join(choices.values)}
            )
        return cell

    return Column(parse, required=required, empty="")


def day(*, required: bool = False, earliest: dt.date | None = None, years_ahead: int = 0) -> Column:
    """A day as 2026-11-24, from the year 2000 (or `earliest`) to today, or `years_ahead` years from now."""

    def parse(cell: str) -> dt.date:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
            raise ValueError(_("“%(value)s” is not a day written like 2026-11-24.") % {"value": cell})
        try:
            value = dt.date.fromisoformat(cell)
        except ValueError:
            raise ValueError(_("“%(value)s” is not a day that exists.") % {"value": cell}) from None
        first = earliest or dt.date(EARLIEST_YEAR, 1, 1)
        last = dt.date(today().year + years_ahead, 12, 31) if years_ahead else today()
        if not first <= value <= last:
            raise ValueError(
                _("%(value)s lies outside %(first)s to %(last)s.")
                % {"value": cell, "first": first.isoformat(), "last": last.isoformat()}
            )
        return value

    return Column(parse, required=required)


def _number(cell: str, convert: Callable[[str], Any], pattern: str, low: float, high: float) -> Any:
    if not re.fullmatch(pattern, cell):
        raise ValueError(_("“%(value)s” is not a number.") % {"value": cell})
    value = convert(cell)
    if not low <= value <= high:
        raise ValueError(
            _("%(value)s lies outside %(first)s to %(last)s.") % {"value": cell, "first": low, "last": high}
        )
    return value


def whole_number(low: int, high: int, *, required: bool = False) -> Column:
    """A whole number from `low` to `high`, without separators."""
    return Column(lambda cell: _number(cell, int, r"-?\d+", low, high), required=required)


def degrees(low: float, high: float) -> Column:
    """A longitude or latitude in decimal degrees, with a point."""
    return Column(lambda cell: _number(cell, float, r"-?\d+(\.\d+)?", low, high), required=False)


def year(*, required: bool = False) -> Column:
    """A year from 2000 to ten years from now."""
    return Column(
        lambda cell: _number(cell, int, r"\d+", EARLIEST_YEAR, today().year + 10), required=required
    )


def yes_or_no() -> Column:
    """`yes` or `no`."""

    def parse(cell: str) -> bool:
        if cell not in ("yes", "no"):
            raise ValueError(
                _("“%(value)s” is not one of: %(choices)s.") % {"value": cell, "choices": "yes, no"}
            )
        return cell == "yes"

    return Column(parse)


def address(model: type[models.Model], name: str) -> Column:
    """The address of a page on the web that fits the model's field."""
    fits = text(model, name)
    valid = URLValidator(schemes=["http", "https"])

    def parse(cell: str) -> str:
        try:
            valid(cell)
        except ValidationError:
            raise ValueError(_("“%(value)s” is not an address of a web page.") % {"value": cell}) from None
        return str(fits.parse(cell))

    return Column(parse)


def sourced(model: type[models.Model]) -> dict[str, Column]:
    """The columns of a SourcedRow for a model that is Sourced."""
    return {
        "key": slug(),
        "source_url": address(model, "source_url"),
        "source_note": text(model, "source_note"),
        "confidence": choice(Confidence),
        "seen_on": day(required=True),
    }
