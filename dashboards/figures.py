"""Figures about all municipalities on a day. Each is one query, whatever the number of municipalities."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, FilteredRelation, Q, QuerySet, Value

from evaluations.models import FollowUp
from measures.models import Measure, PlanParticipation
from municipalities.coverage import COVERED, Coverage
from municipalities.models import CoverageStatement, Municipality
from municipalities.sizes import SizeClass
from policytracker.dates import end_of_day
from policytracker.prepared import prepared
from reminders.models import Reminder

RECENTLY = dt.timedelta(days=30)


class Share(NamedTuple):
    """A part of a whole."""

    part: int
    whole: int

    @property
    def percentage(self) -> int:
        """The part in whole per cents of the whole; 0 and 100 only for none and all, of nothing it is 0."""
        if self.part in (0, self.whole):
            return 100 if self.part else 0
        return min(max(round(100 * self.part / self.whole), 1), 99)


class Cell(NamedTuple):
    """How many municipalities of a size class have a coverage; the order is that of `cells`."""

    size: str | None
    coverage: str
    number: int


@dataclass(frozen=True)
class Standing:
    """How many municipalities have which coverage on a day, by size class."""

    on: dt.date
    cells: tuple[Cell, ...]

    @property
    def municipalities(self) -> int:
        """The number of municipalities in the register on the day."""
        return sum(cell.number for cell in self.cells)

    @property
    def by_coverage(self) -> dict[Coverage, int]:
        """The number of municipalities for every value of coverage, also where it is none."""
        totals: Counter[str] = Counter()
        for cell in self.cells:
            totals[cell.coverage] += cell.number
        return {coverage: totals[coverage] for coverage in Coverage}

    @property
    def covered(self) -> Share:
        """The municipalities that are covered, out of all."""
        return covered(self.cells)

    @property
    def by_size(self) -> dict[SizeClass, Share]:
        """The municipalities that are covered in each size class."""
        return {size: covered(tuple(cell for cell in self.cells if cell.size == size)) for size in SizeClass}


def covered(cells: tuple[Cell, ...]) -> Share:
    """The municipalities in these cells that are covered, out of all in them."""
    return Share(
        part=sum(cell.number for cell in cells if cell.coverage in COVERED),
        whole=sum(cell.number for cell in cells),
    )


@prepared(Cell._make)
def cells(on: dt.date) -> QuerySet[Municipality, Any]:
    """The municipalities in the register on the day, counted by size class and coverage."""
    return (
        Municipality.objects.in_register(on=on)
        .with_coverage(on=on)
        .with_size_class()
        .order_by()
        .values_list("size", "coverage")
        .annotate(number=Count("pk"))
    )


def standing(on: dt.date) -> Standing:
    """The coverage of all municipalities in the register on the day."""
    found = sorted(cells(on), key=lambda cell: (cell.size or "", cell.coverage))
    return Standing(on=on, cells=tuple(found))


class Waiting(NamedTuple):
    """What waits for VNG: statements to review, and municipalities to which no mail arrives."""

    to_review: int = 0
    without_contact: int = 0


@prepared(Waiting._make)
def waiting_for_vng(on: dt.date) -> QuerySet[Municipality, Any]:
    """One row of `Waiting`; none where there is no municipality."""
    unreviewed = Q(
        coverage_statements__superseded_at__isnull=True,
        coverage_statements__review=CoverageStatement.Review.UNREVIEWED,
    )
    return (
        Municipality.objects.in_register(on=on)
        .order_by()
        .annotate(
            unreviewed=FilteredRelation("coverage_statements", condition=unreviewed),
            reachable=FilteredRelation("contacts", condition=Q(contacts__unreachable_since__isnull=True)),
        )
        .values(all=Value(1))
        .annotate(
            to_review=Count("unreviewed", distinct=True),
            without_contact=Count("pk", distinct=True, filter=Q(reachable__isnull=True)),
        )
        .values_list("to_review", "without_contact")
    )


class PhaseCell(NamedTuple):
    """How many measures of a phase have an embedding."""

    phase: str
    embedding: str
    number: int


@dataclass(frozen=True)
class MeasureFigures:
    """The measures of the plans of a day."""

    cells: tuple[PhaseCell, ...]

    @property
    def by_phase(self) -> dict[str, int]:
        """The number of measures in each phase in which there are any."""
        totals: Counter[str] = Counter()
        for cell in self.cells:
            totals[cell.phase] += cell.number
        return dict(totals)

    @property
    def structural(self) -> Share:
        """The measures that are structural, out of all."""
        return Share(
            part=sum(cell.number for cell in self.cells if cell.embedding == Measure.Embedding.STRUCTURAL),
            whole=sum(cell.number for cell in self.cells),
        )


class FollowUpFigures(NamedTuple):
    """How many findings municipalities were asked to follow up, and how far they are."""

    asked: int = 0
    answered: int = 0
    done: int = 0
    verified: int = 0


class WorkCell(NamedTuple):
    """A number of measures by phase and embedding, of follow-ups by status, or of municipalities by coverage.

    The order is that of `work_cells`.
    """

    kind: str
    first: str
    second: str
    number: int


@prepared(WorkCell._make)
def work_cells(on: dt.date, before: dt.date) -> QuerySet[Measure, Any]:
    """What the municipalities of the day do: measures that hold and are not stopped, and follow-up.

    And the coverage of those of an earlier day, with which the day is compared.
    """
    there = Municipality.objects.in_register(on=on)
    theirs = PlanParticipation.objects.confirmed().filter(municipality__in=there)
    measures = (
        Measure.objects.holding(on=on)
        .filter(plan__in=theirs.values("plan"))
        .order_by()
        .values_list(Value("measure"), "phase", "embedding")
        .annotate(number=Count("pk"))
    )
    follow_ups = (
        FollowUp.objects.filter(municipality__in=there)
        .order_by()
        .values_list(Value("follow-up"), "status", Value(""))
        .annotate(number=Count("pk"))
    )
    earlier = (
        Municipality.objects.in_register(on=before)
        .with_coverage(on=before)
        .order_by()
        .values_list(Value("coverage"), "coverage", Value(""))
        .annotate(number=Count("pk"))
    )
    return measures.union(follow_ups, earlier, all=True)


def work(on: dt.date, before: dt.date) -> tuple[MeasureFigures, FollowUpFigures, Share]:
    """The measures that hold for the municipalities of the day, and how far these are with the findings.

    And how many were covered on an earlier day, out of all that there were then.
    """
    cells = sorted(work_cells(on, before))
    coverage = [cell for cell in cells if cell.kind == "coverage"]
    measures = tuple(PhaseCell(*cell[1:]) for cell in cells if cell.kind == "measure")
    status, by_status = FollowUp.Status, Counter[str]()
    by_status.update({cell.first: cell.number for cell in cells if cell.kind == "follow-up"})
    asked = by_status.total()
    return (
        MeasureFigures(measures),
        FollowUpFigures(
            asked=asked,
            answered=asked - sum(by_status[waiting] for waiting in FollowUp.WAITING_FOR_MUNICIPALITY),
            done=by_status[status.DONE] + by_status[status.VERIFIED],
            verified=by_status[status.VERIFIED],
        ),
        Share(
            part=sum(cell.number for cell in coverage if cell.first in COVERED),
            whole=sum(cell.number for cell in coverage),
        ),
    )


class ReminderFigures(NamedTuple):
    """The reminders that wait to go out, those sent lately, and those that reached nobody."""

    waiting: int = 0
    sent: int = 0
    undeliverable: int = 0


@prepared(ReminderFigures._make)
def reminders(since: dt.date) -> QuerySet[Reminder, Any]:
    """One row of `ReminderFigures`, those sent counted after the day `since`; none without reminders."""
    status = Reminder.Status
    return (
        Reminder.objects.order_by()
        .values(all=Value(1))
        .annotate(
            waiting=Count("pk", filter=Q(status__in=[status.PLANNED, status.QUEUED])),
            sent=Count("pk", filter=Q(status=status.SENT, settled_at__gte=end_of_day(since))),
            undeliverable=Count("pk", filter=Q(status=status.UNDELIVERABLE)),
        )
        .values_list("waiting", "sent", "undeliverable")
    )
