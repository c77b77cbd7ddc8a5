"""A limit that is broken is named, and nothing else."""

import pytest

from tests.bench.measuring import Timing
from tests.bench.pages import VNG, Page
from tests.bench.report import broken_by_growth, broken_by_pages, broken_by_server, lines_of, table

PAGE = Page("register list", VNG, "/gemeenten/", queries=5, floors=4.5)


def timing(*, queries: int = 5, milliseconds: float = 8.0, page: Page = PAGE) -> Timing:
    """Measured three times, beside a floor of 2 ms; the first request renewed what the worker keeps."""
    return Timing(page, 1000, [queries + 3, queries, queries], [milliseconds] * 3, [2.0] * 3)


def test_within_the_limits_nothing_is_broken() -> None:
    assert broken_by_pages("1×", [timing()], with_times=True) == []
    assert broken_by_growth([timing()], [timing(milliseconds=100)]) == []
    assert broken_by_server(110, 4) == []


@pytest.mark.parametrize(
    ("measured", "named"),
    [(timing(queries=6), "6 queries, at most 5"), (timing(milliseconds=9.2), "4.60 times the floor")],
)
def test_a_page_over_a_limit_is_named(measured: Timing, named: str) -> None:
    (line,) = broken_by_pages("1×", [measured], with_times=True)
    assert line.startswith("register list as vng at 1×")
    assert named in line


def test_time_is_not_judged_where_it_does_not_hold() -> None:
    assert broken_by_pages("100×", [timing(milliseconds=100)], with_times=False) == []


def test_a_page_that_takes_more_queries_with_more_data_is_named() -> None:
    (line,) = broken_by_growth([timing()], [timing(queries=7)])
    assert "5 queries at 1×, 7 at" in line


def test_a_page_without_limits_breaks_none() -> None:
    free = timing(queries=50, milliseconds=500, page=Page("ledger", VNG, "/herinneringen/"))
    assert broken_by_pages("1×", [free], with_times=True) == []


def test_memory_and_start_over_their_limits_are_named() -> None:
    assert len(broken_by_server(111, 4.1)) == 2


def test_one_slow_moment_of_the_machine_counts_for_page_and_floor() -> None:
    slow = Timing(PAGE, 1000, [5] * 3, [8.0, 80.0, 8.0], [2.0, 20.0, 2.0])
    assert slow.times_floor == 4
    assert slow.p95 == 80


def test_the_table_has_a_line_for_each_page_and_the_floor() -> None:
    floor = timing(queries=2, milliseconds=2, page=Page("floor", VNG, "/bench/floor/"))
    lines = table(lines_of("1×", [timing()], floor, with_limits=True)).splitlines()
    assert len(lines) == 3
    assert lines[2].split()[-2:] == ["4.00", "4.5"]
