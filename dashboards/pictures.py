"""What the start pages of VNG and NCTV show. Two pictures that are equal make the same page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboards.figures import FollowUpFigures, MeasureFigures, ReminderFigures, Share, Standing, Waiting
from dashboards.worklist import Entry
from measures.models import Phase
from municipalities.coverage import COVERED, Coverage

TO_ASK = (Coverage.LAPSED, Coverage.ABSENT, Coverage.UNKNOWN)


class Number(NamedTuple):
    """A number that leads to the list behind it."""

    label: str | Promise
    number: int
    url: str
    coverage: str = ""


def register(**filters: Any) -> str:
    """The address of the register with these filters."""
    return f"{reverse('municipalities:list')}?{urlencode(filters, doseq=True)}"


def by_coverage(standing: Standing) -> list[Number]:
    """The municipalities with each value of coverage."""
    return [
        Number(coverage.label, number, register(coverage=coverage), coverage)
        for coverage, number in standing.by_coverage.items()
    ]


@dataclass(frozen=True)
class Overview:
    """The country as VNG finds it in the morning."""

    standing: Standing
    waiting: Waiting
    worklist: tuple[Entry, ...]
    reminders: ReminderFigures

    @property
    def numbers(self) -> list[Number]:
        """Every municipality once, by coverage, and what waits for VNG."""
        return [
            Number(_("Covered"), self.standing.covered.part, register(coverage=COVERED)),
            *(number for number in by_coverage(self.standing) if number.coverage not in COVERED),
            Number(_("To review"), self.waiting.to_review, register(review="unreviewed")),
            Number(_("Out of reach"), self.waiting.without_contact, reverse("reminders:unreachable")),
        ]

    @property
    def to_ask_url(self) -> str:
        """The list of the municipalities that are lapsed, absent or unknown."""
        return register(coverage=TO_ASK)


@dataclass(frozen=True)
class Country:
    """The country in one look, as NCTV wants it."""

    standing: Standing
    covered_before: Share
    before: dt.date
    measures: MeasureFigures
    follow_up: FollowUpFigures

    @property
    def change(self) -> int:
        """How many percentage points more are covered than before."""
        return self.standing.covered.percentage - self.covered_before.percentage

    @property
    def loss(self) -> int:
        """How many percentage points fewer are covered than before."""
        return -self.change

    @property
    def is_unchanged(self) -> bool:
        """Whether as many of as many are covered as before."""
        return self.standing.covered == self.covered_before

    @property
    def numbers(self) -> list[Number]:
        """Every municipality once, by coverage."""
        return by_coverage(self.standing)

    @property
    def sizes(self) -> list[tuple[str, Share]]:
        """The share covered in each size class."""
        return [(str(size.label), share) for size, share in self.standing.by_size.items()]

    @property
    def phases(self) -> list[tuple[str, int]]:
        """The number of measures in each phase, also where there are none."""
        return [(str(phase.label), self.measures.by_phase.get(phase, 0)) for phase in Phase]
