"""What breaks its limit is named, and nothing else."""

import pytest

from tests.bench.reminders import Results


def test_within_its_limits_nothing_is_broken() -> None:
    results = Results()
    results.add("planning", 2.0, "s", most=2)
    results.add("share", 0.4, "", least=0.4)
    results.add("making the messages", 100, "s")
    assert results.broken == []
    assert results.lines[0] == ("planning", "2.00 s", "≤ 2", "")


@pytest.mark.parametrize(
    ("limit", "named"),
    [({"most": 1.9}, "planning: 2.00 s, limit ≤ 1.9"), ({"least": 2.1}, "planning: 2.00 s, limit ≥ 2.1")],
)
def test_what_is_over_a_limit_is_named(limit: dict[str, float], named: str) -> None:
    results = Results()
    results.add("planning", 2.0, "s", **limit)
    assert results.broken == [named]
    assert results.lines[0][-1] == "BROKEN"
