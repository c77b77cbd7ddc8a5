"""Figures about all municipalities on a day. Each is one query, whatever the number of municipalities."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from evaluations.models import FollowUp
from measures.models import Measure
from municipalities.coverage import COVERED, Coverage
from municipalities.models import Contact, CoverageStatement, Municipality
from municipalities.sizes import SizeClass
from policytracker.dates import end_of_day
from reminders.models import Reminder


@dataclass(frozen=True)
class Share:
    """A part of a whole."""

    part: int
    whole: int

    @property
    def percentage(self) -> float | None:
        """The part in per cent of the whole, None where there is no whole."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Standing:
    """How many municipalities have which coverage on a day, by size class."""

    on: dt.date
    counts: dict[tuple[str | None, str], int]

    @property
    def municipalities(self) -> int:
        """The number of municipalities in the register on the day."""
        return sum(self.counts.values())

    @property
    def by_coverage(self) -> dict[Coverage, int]:
        """The number of municipalities for every value of coverage, also where it is none."""
        totals: Counter[str] = Counter()
        for (_size, coverage), number in self.counts.items():
            totals[coverage] += number
        return {coverage: totals[coverage] for coverage in Coverage}

    @property
    def covered(self) -> Share:
        """The municipalities that are covered, out of all."""
        return self._covered_where(self.counts)

    @property
    def by_size(self) -> dict[SizeClass, Share]:
        """The municipalities that are covered in each size class."""
        return {
            size: self._covered_where({key: n for key, n in self.counts.items() if key[0] == size})
            for size in SizeClass
        }

    @staticmethod
    def _covered_where(counts: dict[tuple[str | None, str], int]) -> Share:
        return Share(
            part=sum(number for (_size, coverage), number in counts.items() if coverage in COVERED),
            whole=sum(counts.values()),
        )


def standing(on: dt.date) -> Standing:
    """The coverage of all municipalities in the register on the day."""
    rows = (
        Municipality.objects.in_register(on=on)
        .with_coverage(on=on)
        .with_size_class()
        .order_by()
        .values_list("size", "coverage")
        .annotate(number=Count("pk"))
    )
    return Standing(on=on, counts={(size, coverage): number for size, coverage, number in rows})


def waiting_for_vng(on: dt.date) -> dict[str, int]:
    """The statements to review, and the municipalities without a contact whose mail arrives."""
    reachable = Contact.objects.reachable().filter(municipality=OuterRef("pk"))
    to_review = CoverageStatement.objects.filter(
        superseded_at__isnull=True, review=CoverageStatement.Review.UNREVIEWED, municipality=OuterRef("pk")
    )
    return (
        Municipality.objects.in_register(on=on)
        .order_by()
        .aggregate(
            to_review=Count("pk", filter=Exists(to_review)),
            without_contact=Count("pk", filter=~Exists(reachable)),
        )
    )


@dataclass(frozen=True)
class MeasureFigures:
    """The measures of the plans of a day."""

    by_phase: dict[str, int]
    structural: Share


def measures(on: dt.date) -> MeasureFigures:
    """The unfinished and finished measures of the plans that hold on the day; stopped ones do not count."""
    rows = (
        Measure.objects.filter(plan__status="adopted", plan__starts_on__lte=on, plan__ends_on__gte=on)
        .exclude(status=Measure.Status.STOPPED)
        .order_by()
        .values_list("phase", "embedding")
        .annotate(number=Count("pk"))
    )
    by_phase: Counter[str] = Counter()
    structural = 0
    for phase, embedding, number in rows:
        by_phase[phase] += number
        structural += number if embedding == Measure.Embedding.STRUCTURAL else 0
    return MeasureFigures(by_phase=dict(by_phase), structural=Share(structural, by_phase.total()))


def follow_up() -> dict[str, int]:
    """How many follow-ups of findings there are, and how many are answered, done and verified."""
    status = FollowUp.Status
    return FollowUp.objects.order_by().aggregate(
        all=Count("pk"),
        answered=Count("pk", filter=~Q(status=status.OPEN)),
        done=Count("pk", filter=Q(status__in=[status.DONE, status.VERIFIED])),
        verified=Count("pk", filter=Q(status=status.VERIFIED)),
    )


RECENTLY = dt.timedelta(days=30)


def reminders(on: dt.date) -> dict[str, int]:
    """The reminders that wait to go out, those sent in the last 30 days, and those that reached nobody."""
    status = Reminder.Status
    return Reminder.objects.order_by().aggregate(
        waiting=Count("pk", filter=Q(status__in=[status.PLANNED, status.QUEUED])),
        sent=Count("pk", filter=Q(status=status.SENT, settled_at__gte=end_of_day(on - RECENTLY))),
        undeliverable=Count("pk", filter=Q(status=status.UNDELIVERABLE)),
    )
