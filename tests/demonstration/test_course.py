"""The invented courses are plausible on whatever day the demonstration is loaded."""

import datetime as dt
from collections import Counter

import pytest

from demonstration.course import Term, course_of, standing_of
from demonstration.people import UTRECHT, ZEIST
from municipalities.coverage import COVERED, RESTS_ON_POLICY, Coverage
from municipalities.sizes import SizeClass

CODES = [f"GM{number:04}" for number in range(0, 2000, 13)]
DAYS = [
    dt.date(2026, 1, 1),
    dt.date(2026, 11, 24),
    dt.date(2027, 12, 31),
    dt.date(2028, 2, 29),
    dt.date(2031, 7, 6),
]


@pytest.mark.parametrize("on", DAYS, ids=str)
@pytest.mark.parametrize("size", SizeClass)
def test_a_course_is_in_order_and_has_what_belongs_to_each_answer(on: dt.date, size: SizeClass) -> None:
    for code in CODES:
        course = course_of(code, size, on=on)
        days = [stated.on for stated in course]
        assert days == sorted(set(days))
        assert not days or days[-1] < on
        for stated in course:
            assert (stated.term is not None) == (stated.value in COVERED)
            assert (stated.adopted_on is not None) == (stated.value in COVERED)
            assert (stated.expected_on is not None) == (stated.value == Coverage.IN_PREPARATION)
            assert stated.adopted_on is None or stated.adopted_on < stated.on
            assert stated.term is None or stated.on <= stated.term.ends_on


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_course_ends_where_the_municipality_stands(on: dt.date) -> None:
    for code in CODES:
        standing = standing_of(code, SizeClass.FROM_20, has_ended=False)
        course = course_of(code, SizeClass.FROM_20, on=on)
        if standing == Coverage.UNKNOWN:
            assert course == []
            continue
        last = course[-1]
        if standing == "covered":
            assert last.value in COVERED
            assert last.term is not None
            assert last.term.ends_on >= on
        elif standing == Coverage.LAPSED:
            assert last.term is not None
            assert last.term.ends_on < on
        elif standing == "overdue":
            assert last.expected_on is not None
            assert last.expected_on < on
        elif standing == Coverage.IN_PREPARATION:
            assert last.expected_on is not None
            assert last.expected_on > on
        else:
            assert last.value == standing


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_officers_municipalities_have_work_and_none(on: dt.date) -> None:
    lapsed = course_of(UTRECHT, SizeClass.FROM_100, on=on)[-1]
    assert lapsed.term is not None
    assert lapsed.term.ends_on == dt.date(on.year - 1, 12, 31)
    in_order = course_of(ZEIST, SizeClass.FROM_50, on=on)[-1]
    assert in_order.value in COVERED
    assert in_order.on > on - dt.timedelta(days=365)


def test_a_municipality_states_nothing_before_it_exists() -> None:
    born = dt.date(2023, 1, 1)
    courses = [course_of(code, SizeClass.FROM_50, on=DAYS[1], exists_from=born) for code in CODES]
    assert any(courses)
    assert all(stated.on > born for course in courses for stated in course)


def test_larger_municipalities_are_covered_more_often() -> None:
    shares = []
    for size in SizeClass:
        standings = Counter(standing_of(code, size, has_ended=False) for code in CODES)
        shares.append(standings["covered"] / standings.total())
    assert shares == sorted(shares)
    assert shares[0] < 0.45
    assert shares[-1] > 0.75


def test_neighbours_share_a_term() -> None:
    shared = Term(2025)
    courses = [course_of(code, SizeClass.FROM_50, on=DAYS[1], current=shared) for code in CODES]
    covered = [course[-1] for course in courses if course and course[-1].value in RESTS_ON_POLICY]
    assert {stated.term for stated in covered if stated.term and stated.term.ends_on >= DAYS[1]} == {shared}
