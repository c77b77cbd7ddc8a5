"""The course that an invented municipality took since 2015: what it stated when, resting on which policy.

Nothing here touches the database. Small municipalities more often have nothing, as the Inspectorate found in
2017; over the years more municipalities are covered.
"""

import datetime as dt
import random
from dataclasses import dataclass, replace

from demonstration.draw import day_between, dice, pick
from demonstration.people import UTRECHT, ZEIST
from municipalities.coverage import Coverage
from municipalities.sizes import SizeClass

REGISTER_BEGINS = dt.date(2015, 1, 1)
OVERDUE = "overdue"  # in preparation, and the expected day has passed

# How the municipalities of each size stand on the day, in per cent.
STANDINGS: dict[SizeClass, dict[str, float]] = {
    SizeClass.FROM_100: {
        "covered": 86, Coverage.LAPSED: 5, Coverage.IN_PREPARATION: 4, OVERDUE: 3, Coverage.UNKNOWN: 2,
    },
    SizeClass.FROM_50: {
        "covered": 69, Coverage.LAPSED: 6, Coverage.IN_PREPARATION: 6, OVERDUE: 3, Coverage.REASONED_NO: 1,
        Coverage.ABSENT: 5, Coverage.UNKNOWN: 10,
    },
    SizeClass.FROM_20: {
        "covered": 50, Coverage.LAPSED: 6, Coverage.IN_PREPARATION: 6, OVERDUE: 3, Coverage.REASONED_NO: 5,
        Coverage.ABSENT: 9, Coverage.UNKNOWN: 21,
    },
    SizeClass.UNDER_20: {
        "covered": 33, Coverage.LAPSED: 5, Coverage.IN_PREPARATION: 4, OVERDUE: 2, Coverage.REASONED_NO: 9,
        Coverage.ABSENT: 14, Coverage.UNKNOWN: 33,
    },
}  # fmt: skip
STANDING_OF = {UTRECHT: Coverage.LAPSED, ZEIST: "covered"}
ENDS_IN_OF = {ZEIST: 1}

# How covered municipalities are covered.
WAYS: dict[SizeClass, dict[Coverage, float]] = {
    SizeClass.FROM_100: {Coverage.PRIORITY: 62, Coverage.INCLUDED: 20, Coverage.SEPARATE_PLAN: 18},
    SizeClass.FROM_50: {
        Coverage.PRIORITY: 42, Coverage.INCLUDED: 40, Coverage.SEPARATE_PLAN: 8, Coverage.REGIONAL_PLAN: 10,
    },
    SizeClass.FROM_20: {
        Coverage.PRIORITY: 26, Coverage.INCLUDED: 50, Coverage.SEPARATE_PLAN: 4, Coverage.REGIONAL_PLAN: 20,
    },
    SizeClass.UNDER_20: {
        Coverage.PRIORITY: 16, Coverage.INCLUDED: 48, Coverage.SEPARATE_PLAN: 2, Coverage.REGIONAL_PLAN: 34,
    },
}  # fmt: skip

# The chance that who is covered in a term was covered in the term before too, one and two terms back.
COVERED_BEFORE: dict[SizeClass, tuple[float, float]] = {
    SizeClass.FROM_100: (0.92, 0.72),
    SizeClass.FROM_50: (0.74, 0.48),
    SizeClass.FROM_20: (0.60, 0.34),
    SizeClass.UNDER_20: (0.50, 0.24),
}

# In how many years from now the current policy ends, and how often.
ENDS_IN = {0: 50.0, 1: 24.0, 2: 11.0, 3: 15.0}


@dataclass(frozen=True)
class Term:
    """The four years of a safety policy."""

    first_year: int

    @property
    def starts_on(self) -> dt.date:
        """The first day."""
        return dt.date(self.first_year, 1, 1)

    @property
    def ends_on(self) -> dt.date:
        """The last day."""
        return dt.date(self.first_year + 3, 12, 31)

    @property
    def before(self) -> "Term":
        """The four years before."""
        return Term(self.first_year - 4)

    @property
    def label(self) -> str:
        """The years as a title names them."""
        return f"{self.first_year}–{self.first_year + 3}"


@dataclass(frozen=True)
class Stated:
    """One statement in a municipality's course; `term` is that of the policy on which it rests."""

    value: Coverage
    on: dt.date
    term: Term | None = None
    adopted_on: dt.date | None = None
    expected_on: dt.date | None = None
    is_renewal: bool = False


def standing_of(code: str, size: SizeClass, *, has_ended: bool) -> str:
    """How the municipality stands on its last day in the register, or today."""
    if code in STANDING_OF:
        return STANDING_OF[code]
    rng = dice("standing", code)
    if has_ended and rng.random() < 0.55:  # it ended in years when fewer municipalities were covered
        return Coverage.UNKNOWN
    return pick(rng, STANDINGS[size])


def course_of(
    code: str,
    size: SizeClass,
    *,
    on: dt.date,
    exists_from: dt.date | None = None,
    has_ended: bool = False,
    current: Term | None = None,
) -> list[Stated]:
    """The statements of a municipality up to the day, the oldest first.

    `current` is the term that it shares with its neighbours, where it does.
    """
    standing = standing_of(code, size, has_ended=has_ended)
    if standing == Coverage.UNKNOWN:
        return []
    rng = dice("course", code)
    way = pick(rng, WAYS[size])
    if standing == Coverage.LAPSED:
        term = Term(on.year - 4)
    else:
        term = current or Term(on.year - 3 + ENDS_IN_OF.get(code, pick(rng, ENDS_IN)))
    if standing == "covered":
        last = _covered(rng, way, term, on)
    elif standing == Coverage.LAPSED:
        last = _covered(rng, way, term, dt.date(term.first_year + 1, 6, 30))
    else:
        last = _not_covered(rng, standing, on)
    course = [last]
    renewed = rng.random() < 0.55 or code == ZEIST
    if standing == "covered" and last.on < on - dt.timedelta(days=300) and renewed:
        course.append(_renewed(rng, last, on))
    if last.value == Coverage.REASONED_NO and last.on < on - dt.timedelta(days=330) and rng.random() < 0.7:
        course.append(replace(last, on=day_between(rng, on - dt.timedelta(days=200), on), is_renewal=True))
    damped = 1.0 if last.term else 0.5
    earlier = _earlier(rng, size, way, term, damped=damped, before=last.on)
    course = [*sorted(earlier, key=lambda stated: stated.on), *course]
    begins = max(REGISTER_BEGINS, exists_from or REGISTER_BEGINS) + dt.timedelta(days=40)
    return _in_order([stated for stated in course if begins <= stated.on < on])


def _covered(rng: random.Random, way: Coverage, term: Term, until: dt.date) -> Stated:
    """The statement that the policy of the term covers the theme, some months after its adoption."""
    adopted_on = day_between(
        rng, term.starts_on - dt.timedelta(days=100), term.starts_on + dt.timedelta(days=60)
    )
    adopted_on = min(adopted_on, until - dt.timedelta(days=30))
    adopted_on -= dt.timedelta(days=(adopted_on.weekday() - 3) % 7)  # councils decide on Thursdays
    stated_on = adopted_on + dt.timedelta(days=int(rng.triangular(10, 420, 60)))
    return Stated(way, min(stated_on, until - dt.timedelta(days=1)), term, adopted_on)


def _renewed(rng: random.Random, last: Stated, on: dt.date) -> Stated:
    """The same statement, confirmed within the last year; a few have made the theme a priority meanwhile."""
    value = last.value
    if value == Coverage.INCLUDED and rng.random() < 0.15:
        value = Coverage.PRIORITY
    first = max(last.on + dt.timedelta(days=60), on - dt.timedelta(days=300))
    return replace(last, value=value, on=day_between(rng, first, on - dt.timedelta(days=3)), is_renewal=True)


def _not_covered(rng: random.Random, standing: str, on: dt.date) -> Stated:
    """The last statement of a municipality that is not covered."""
    if standing == Coverage.REASONED_NO:
        return Stated(
            Coverage.REASONED_NO, day_between(rng, on - dt.timedelta(days=600), on - dt.timedelta(days=20))
        )
    if standing == Coverage.ABSENT:
        return Stated(
            Coverage.ABSENT, day_between(rng, on - dt.timedelta(days=500), on - dt.timedelta(days=10))
        )
    if standing == OVERDUE:
        expected_on = on - dt.timedelta(days=rng.randint(10, 150))
        stated_on = expected_on - dt.timedelta(days=rng.randint(120, 300))
        return Stated(Coverage.IN_PREPARATION, stated_on, expected_on=expected_on)
    stated_on = on - dt.timedelta(days=rng.randint(10, 200))
    return Stated(
        Coverage.IN_PREPARATION, stated_on, expected_on=on + dt.timedelta(days=rng.randint(20, 300))
    )


def _earlier(
    rng: random.Random, size: SizeClass, way: Coverage, term: Term, *, damped: float, before: dt.date
) -> list[Stated]:
    """What it stated in the two terms before; `damped` lowers the chance that it was covered."""
    course: list[Stated] = []
    covered = True
    for chance in COVERED_BEFORE[size]:
        term = term.before
        last_day = min(before, term.ends_on)
        covered = covered and rng.random() < chance * damped
        if covered:
            way = way if rng.random() < 0.6 else pick(rng, WAYS[size])
            course.append(_covered(rng, way, term, last_day))
        elif rng.random() < 0.4:
            absent_on = day_between(rng, term.starts_on, last_day - dt.timedelta(days=120))
            course.append(Stated(Coverage.ABSENT, absent_on))
            if rng.random() < 0.3:
                preparing_on = absent_on + dt.timedelta(days=rng.randint(20, 90))
                expected_on = preparing_on + dt.timedelta(days=rng.randint(120, 300))
                course.append(Stated(Coverage.IN_PREPARATION, preparing_on, expected_on=expected_on))
        before = min((stated.on for stated in course), default=before)
    return course


def _in_order(course: list[Stated]) -> list[Stated]:
    """The statements with the oldest first, without those that a later one would precede."""
    kept: list[Stated] = []
    for stated in reversed(course):
        if not kept or stated.on < kept[0].on:
            kept.insert(0, stated)
    return kept
