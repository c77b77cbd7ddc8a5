"""What was measured, as a table, and which limits were broken."""

from tests.bench.measuring import Timing
from tests.bench.pages import FIRST_ANSWER_SECONDS, WORKER_MEGABYTES

HEADINGS = (
    "page",
    "as",
    "size",
    "queries",
    "most",
    "limit",
    "bytes",
    "median ms",
    "p95 ms",
    "× floor",
    "limit",
)
LEFT = 3  # columns that hold text


def lines_of(size: str, timings: list[Timing], floor: Timing, *, with_limits: bool) -> list[tuple[str, ...]]:
    """One line a page; the limits on time are left out where they do not hold."""
    lines = []
    for timing in [floor, *timings]:
        page = timing.page
        lines.append(
            (
                page.name,
                "" if timing is floor else page.user.partition("@")[0],
                size,
                str(timing.queries),
                str(max(timing.counts)),
                str(page.queries or ""),
                f"{timing.size:,}",
                f"{timing.median:.1f}",
                f"{timing.p95:.1f}",
                f"{timing.times_floor:.2f}",
                f"{page.floors:.1f}" if page.floors and with_limits else "",
            )
        )
    return lines


def table(lines: list[tuple[str, ...]], headings: tuple[str, ...] = HEADINGS, left: int = LEFT) -> str:
    """The lines below each other, text to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [headings, *lines]
    )


def broken_by_pages(size: str, timings: list[Timing], *, with_times: bool) -> list[str]:
    """The limits that pages break, in words."""
    broken = []
    for timing in timings:
        page = timing.page
        where = f"{page.name} as {page.user.partition('@')[0]} at {size}"
        if page.queries is not None and timing.queries > page.queries:
            broken.append(f"{where}: {timing.queries} queries, at most {page.queries}")
        if with_times and page.floors is not None and timing.times_floor > page.floors:
            broken.append(f"{where}: {timing.times_floor:.2f} times the floor, at most {page.floors}")
    return broken


def broken_by_growth(small: list[Timing], large: list[Timing]) -> list[str]:
    """The pages that take another number of queries when there is more data."""
    before = {timing.page: timing.queries for timing in small}
    return [
        f"{timing.page.name} as {timing.page.user.partition('@')[0]}: "
        f"{before[timing.page]} queries at 1×, {timing.queries} at the larger size"
        for timing in large
        if timing.queries != before[timing.page]
    ]


def broken_by_server(megabytes: float, seconds: float) -> list[str]:
    """The limits on memory and start that are broken, in words."""
    broken = []
    if megabytes > WORKER_MEGABYTES:
        broken.append(f"a worker takes {megabytes:.0f} MB, at most {WORKER_MEGABYTES}")
    if seconds > FIRST_ANSWER_SECONDS:
        broken.append(f"the first answer takes {seconds:.1f} s, at most {FIRST_ANSWER_SECONDS}")
    return broken
