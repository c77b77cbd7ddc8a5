"""The files of the register itself: areas, municipalities, mergers, groups and published safety policies.

Everything is read and checked, within and between the files, before anything is written. What the files hold
is described in docs/sources.md.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from municipalities import data_files as cells
from municipalities.coverage import COVERED, Coverage
from municipalities.data_files import Content, Problem, Row, SourcedRow, Table
from municipalities.models import (
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
    PoliceUnit,
    Province,
    SafetyPolicy,
    SafetyRegion,
)

DIRECTORY = Path(__file__).parent / "data"
REGISTER_BEGINS = dt.date(2014, 12, 31)
MUNICIPALITY_CODE = r"GM\d{4}"
NEW_CODE = (MergerPart.Kind.MERGED_INTO_NEW, MergerPart.Kind.RENAME)


@dataclass(frozen=True, kw_only=True)
class AreaRow(Row):
    """A province, safety region or police unit."""

    code: str
    name: str
    source: str


@dataclass(frozen=True, kw_only=True)
class MunicipalityRow(Row):
    """A municipality under one code, with the half-open period in which it exists."""

    code: str
    name: str
    sort_name: str
    other_names: tuple[str, ...]
    province: str
    safety_region: str
    police_unit: str
    population: int | None
    population_year: int | None
    longitude: float | None
    latitude: float | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    source: str

    def exists(self, on: dt.date) -> bool:
        """Whether the municipality exists on the day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or self.valid_until > on
        )


@dataclass(frozen=True, kw_only=True)
class MergerRow(Row):
    """A decision by which municipalities end."""

    key: str
    effective_on: dt.date
    status: str
    source: str
    note: str


@dataclass(frozen=True, kw_only=True)
class MergerPartRow(Row):
    """What one municipality passes on to one successor."""

    merger: str
    predecessor: str
    successor: str
    kind: str
    is_main: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class GroupRow(Row):
    """A network of cities."""

    code: str
    name: str
    source: str


@dataclass(frozen=True, kw_only=True)
class GroupMemberRow(Row):
    """A municipality's membership of a group."""

    group: str
    municipality: str
    since: dt.date | None
    until: dt.date | None


@dataclass(frozen=True, kw_only=True)
class CountRow(Row):
    """The number of municipalities on a day, against which the periods are checked."""

    on: dt.date
    municipalities: int


@dataclass(frozen=True, kw_only=True)
class SafetyPolicyRow(SourcedRow):
    """A published safety policy and who takes part in it."""

    municipalities: tuple[str, ...]
    title: str
    kind: str
    starts_year: int | None
    ends_year: int | None
    adopted_on: dt.date | None
    in_force_on: dt.date | None
    cvdr_id: str
    theme_seen: str
    theme_as: str


def _areas(file: str, model: type[Province | SafetyRegion | PoliceUnit], prefix: str) -> Table[AreaRow]:
    columns = {
        "code": cells.matching(prefix + r"\d{2}", f"{prefix}20"),
        "name": cells.text(model, "name"),
        "source": cells.text(Merger, "source"),
    }
    return Table(file, AreaRow, columns, key=("code",))


PROVINCES = _areas("provinces.csv", Province, "PV")
SAFETY_REGIONS = _areas("safety_regions.csv", SafetyRegion, "VR")
POLICE_UNITS = _areas("police_units.csv", PoliceUnit, "RE")
MUNICIPALITIES = Table(
    "municipalities.csv",
    MunicipalityRow,
    {
        "code": cells.matching(MUNICIPALITY_CODE, "GM0344"),
        "name": cells.text(Municipality, "name"),
        "sort_name": cells.text(Municipality, "sort_name"),
        "other_names": cells.names(),
        "province": cells.matching(r"PV\d{2}", "PV26"),
        "safety_region": cells.matching(r"VR\d{2}", "VR09", required=False),
        "police_unit": cells.matching(r"RE\d{2}", "RE03", required=False),
        "population": cells.whole_number(1, 2_000_000),
        "population_year": cells.year(),
        "longitude": cells.degrees(3.3, 7.3),
        "latitude": cells.degrees(50.7, 53.6),
        "valid_from": cells.day(earliest=REGISTER_BEGINS, years_ahead=10),
        "valid_until": cells.day(earliest=REGISTER_BEGINS, years_ahead=10),
        "source": cells.text(Merger, "source"),
    },
    key=("code",),
)
MERGERS = Table(
    "mergers.csv",
    MergerRow,
    {
        "key": cells.slug(),
        "effective_on": cells.day(required=True, earliest=REGISTER_BEGINS, years_ahead=10),
        "status": cells.choice(Merger.Status),
        "source": cells.text(Merger, "source"),
        "note": cells.text(Merger, "note"),
    },
    key=("key",),
)
MERGER_PARTS = Table(
    "merger_parts.csv",
    MergerPartRow,
    {
        "merger": cells.slug(),
        "predecessor": cells.matching(MUNICIPALITY_CODE, "GM0344"),
        "successor": cells.matching(MUNICIPALITY_CODE, "GM0344"),
        "kind": cells.choice(MergerPart.Kind),
        "is_main": cells.yes_or_no(),
        "source": cells.text(MergerPart, "source"),
    },
    key=("merger", "predecessor", "successor"),
)
GROUPS = Table(
    "groups.csv",
    GroupRow,
    {
        "code": cells.slug(),
        "name": cells.text(MunicipalityGroup, "name"),
        "source": cells.text(Merger, "source"),
    },
    key=("code",),
)
GROUP_MEMBERS = Table(
    "group_members.csv",
    GroupMemberRow,
    {
        "group": cells.slug(),
        "municipality": cells.matching(MUNICIPALITY_CODE, "GM0344"),
        "since": cells.day(),
        "until": cells.day(years_ahead=10),
    },
)
COUNTS = Table(
    "register_counts.csv",
    CountRow,
    {
        "on": cells.day(required=True, earliest=REGISTER_BEGINS, years_ahead=10),
        "municipalities": cells.whole_number(1, 1000, required=True),
    },
    key=("on",),
)
SAFETY_POLICIES = Table(
    "safety_policies.csv",
    SafetyPolicyRow,
    {
        **cells.sourced(SafetyPolicy),
        "municipalities": cells.several(MUNICIPALITY_CODE, "GM0344"),
        "title": cells.text(SafetyPolicy, "title"),
        "kind": cells.choice(SafetyPolicy.Kind),
        "starts_year": cells.year(),
        "ends_year": cells.year(),
        "adopted_on": cells.day(),
        "in_force_on": cells.day(),
        "cvdr_id": cells.matching(r"CVDR\d+", "CVDR698977", required=False),
        "theme_seen": cells.choice(SafetyPolicy.ThemeSeen),
        "theme_as": cells.choice(Coverage, required=False),
    },
    key=("key",),
)


@dataclass(frozen=True)
class RegisterFiles:
    """What the files of the register say."""

    provinces: Content[AreaRow]
    safety_regions: Content[AreaRow]
    police_units: Content[AreaRow]
    municipalities: Content[MunicipalityRow]
    mergers: Content[MergerRow]
    merger_parts: Content[MergerPartRow]
    groups: Content[GroupRow]
    group_members: Content[GroupMemberRow]
    counts: Content[CountRow]
    safety_policies: Content[SafetyPolicyRow]

    def municipalities_on(self, day: dt.date) -> int:
        """How many municipalities exist on the day according to their periods."""
        return sum(row.exists(day) for row in self.municipalities.rows)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, in the order of files and rows."""
        return [problem for content in vars(self).values() for problem in sorted(content.problems)]


def read(directory: Path = DIRECTORY) -> RegisterFiles:
    """Read and check the files in the folder."""
    files = RegisterFiles(
        provinces=PROVINCES.read(directory),
        safety_regions=SAFETY_REGIONS.read(directory),
        police_units=POLICE_UNITS.read(directory),
        municipalities=MUNICIPALITIES.read(directory),
        mergers=MERGERS.read(directory),
        merger_parts=MERGER_PARTS.read(directory),
        groups=GROUPS.read(directory),
        group_members=GROUP_MEMBERS.read(directory),
        counts=COUNTS.read(directory),
        safety_policies=SAFETY_POLICIES.read(directory),
    )
    _check_municipalities(files)
    _check_mergers(files)
    _check_groups(files)
    _check_safety_policies(files)
    if not files.municipalities.problems:
        _check_counts(files)
    return files


def _check_municipalities(files: RegisterFiles) -> None:
    content = files.municipalities
    by_name: dict[str, list[MunicipalityRow]] = defaultdict(list)
    for row in content.rows:
        content.require(row, "province", [row.province], files.provinces.keys)
        content.require(row, "safety_region", filter(None, [row.safety_region]), files.safety_regions.keys)
        content.require(row, "police_unit", filter(None, [row.police_unit]), files.police_units.keys)
        if (row.population is None) != (row.population_year is None):
            content.problem(row.row, "population_year", _("Inhabitants and their year belong together."))
        if row.valid_from and row.valid_until and row.valid_until <= row.valid_from:
            content.problem(row.row, "valid_until", _("The period ends before it begins."))
        by_name[row.name].append(row)
    for namesakes in by_name.values():
        _check_overlap(content, "valid_from", [(row, row.valid_from, row.valid_until) for row in namesakes])


def _check_overlap(
    content: Content[Any], column: str, periods: Iterable[tuple[Row, dt.date | None, dt.date | None]]
) -> None:
    """Half-open periods, empty meaning without end on that side, of which no two may share a day."""
    earlier: tuple[Row, dt.date] | None = None
    for row, first, end in sorted(periods, key=lambda period: (period[1] or dt.date.min, period[0].row)):
        if earlier and (first or dt.date.min) < earlier[1]:
            content.problem(
                row.row, column, _("The period overlaps the one in row %(row)d.") % {"row": earlier[0].row}
            )
        if earlier is None or (end or dt.date.max) > earlier[1]:
            earlier = (row, end or dt.date.max)


def _check_mergers(files: RegisterFiles) -> None:
    mergers = {row.key: row for row in files.mergers.rows}
    municipalities = {row.code: row for row in files.municipalities.rows}
    content = files.merger_parts
    parts: dict[str, dict[str, list[MergerPartRow]]] = defaultdict(lambda: defaultdict(list))
    began = set()
    for part in content.rows:
        content.require(part, "merger", [part.merger], files.mergers.keys)
        content.require(part, "predecessor", [part.predecessor], files.municipalities.keys)
        content.require(part, "successor", [part.successor], files.municipalities.keys)
        if part.predecessor == part.successor:
            content.problem(part.row, "successor", _("A municipality cannot be its own successor."))
        parts[part.predecessor][part.merger].append(part)
        merger = mergers.get(part.merger)
        predecessor = municipalities.get(part.predecessor)
        successor = municipalities.get(part.successor)
        if merger and predecessor and successor:
            if successor.valid_from == merger.effective_on:
                began.add(successor.code)
            _check_part(content, part, merger, predecessor, successor)
    for by_merger in parts.values():
        for part in [part for (key, rows) in list(by_merger.items())[1:] for part in rows]:
            content.problem(part.row, "predecessor", _("The municipality ends in another merger too."))
        for rows in by_merger.values():
            if sum(part.is_main for part in rows) != 1:
                content.problem(
                    rows[-1].row, "is_main", _("Exactly one of the successors must be the main one.")
                )
    if content.problems or files.mergers.problems:
        return
    used = {part.merger for part in content.rows}
    for merger in files.mergers.rows:
        if merger.key not in used:
            files.mergers.problem(merger.row, "key", _("No municipality takes part in this merger."))
    for row in files.municipalities.rows:
        if row.valid_until and row.code not in parts:
            files.municipalities.problem(row.row, "valid_until", _("No merger says who succeeds it."))
        if row.valid_from and row.code not in began:
            files.municipalities.problem(row.row, "valid_from", _("No merger says from what it came."))


def _check_part(
    content: Content[MergerPartRow],
    part: MergerPartRow,
    merger: MergerRow,
    predecessor: MunicipalityRow,
    successor: MunicipalityRow,
) -> None:
    if merger.status == Merger.Status.PLANNED:
        if predecessor.valid_until:
            content.problem(
                part.row, "predecessor", _("The merger is only planned, but the municipality has an end.")
            )
        return
    day = merger.effective_on
    if predecessor.valid_until != day:
        content.problem(
            part.row,
            "predecessor",
            _("The municipality does not end on %(day)s, the day of the merger.") % {"day": day.isoformat()},
        )
    if part.kind in NEW_CODE and successor.valid_from != day:
        content.problem(
            part.row,
            "successor",
            _("The municipality does not begin on %(day)s, the day of the merger.")
            % {"day": day.isoformat()},
        )
    if part.kind == MergerPart.Kind.ABSORBED and not successor.exists(day - dt.timedelta(days=1)):
        content.problem(part.row, "successor", _("The municipality did not exist before the merger."))
    elif not successor.exists(day):
        content.problem(part.row, "successor", _("The municipality does not exist on the day of the merger."))


def _check_groups(files: RegisterFiles) -> None:
    content = files.group_members
    by_member: dict[tuple[str, str], list[GroupMemberRow]] = defaultdict(list)
    for row in content.rows:
        content.require(row, "group", [row.group], files.groups.keys)
        content.require(row, "municipality", [row.municipality], files.municipalities.keys)
        if row.since and row.until and row.until <= row.since:
            content.problem(row.row, "until", _("The period ends before it begins."))
        by_member[row.group, row.municipality].append(row)
    for rows in by_member.values():
        _check_overlap(content, "since", [(row, row.since, row.until) for row in rows])


def _check_safety_policies(files: RegisterFiles) -> None:
    content = files.safety_policies
    for row in content.rows:
        content.require(row, "municipalities", row.municipalities, files.municipalities.keys)
        if row.starts_year and row.ends_year and row.ends_year < row.starts_year:
            content.problem(row.row, "ends_year", _("The period ends before it begins."))
        if row.theme_seen == SafetyPolicy.ThemeSeen.YES and row.theme_as not in COVERED:
            content.problem(
                row.row,
                "theme_as",
                _("Where the theme was seen, this is one of: %(choices)s.") % {"choices": ", ".join(COVERED)},
            )
        if row.theme_seen != SafetyPolicy.ThemeSeen.YES and row.theme_as:
            content.problem(row.row, "theme_as", _("Empty unless the theme was seen."))


def _check_counts(files: RegisterFiles) -> None:
    for row in files.counts.rows:
        found = files.municipalities_on(row.on)
        if found != row.municipalities:
            files.counts.problem(
                row.row,
                "municipalities",
                _("According to their periods there are %(found)d municipalities on %(day)s.")
                % {"found": found, "day": row.on.isoformat()},
            )
