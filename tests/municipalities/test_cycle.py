"""From which day a municipality's council counts."""

import datetime as dt

import pytest

from municipalities.cycle import council_since
from municipalities.models import Merger, MergerPart, Municipality
from tests.factories import MunicipalityFactory

pytestmark = pytest.mark.django_db
ELECTION = dt.date(2026, 3, 18)


def since(municipality: Municipality, on: dt.date) -> dt.date | None:
    return Municipality.objects.annotate(since=council_since(on)).get(pk=municipality.pk).since


def merge(
    effective_on: dt.date,
    status: str = Merger.Status.EFFECTED,
    kind: str = MergerPart.Kind.ABSORBED,
) -> MergerPart:
    merger = Merger.objects.create(key=f"merger-{effective_on}", effective_on=effective_on, status=status)
    return MergerPart.objects.create(
        merger=merger, predecessor=MunicipalityFactory(), successor=MunicipalityFactory(), kind=kind
    )


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (dt.date(2014, 3, 18), None),
        (dt.date(2014, 3, 19), dt.date(2014, 3, 19)),
        (dt.date(2026, 3, 17), dt.date(2022, 3, 16)),
        (ELECTION, ELECTION),
        (dt.date(2027, 1, 1), ELECTION),
    ],
)
def test_counts_from_the_last_regular_election(on: dt.date, expected: dt.date | None) -> None:
    assert since(MunicipalityFactory(), on) == expected


def test_a_merger_on_1_january_brings_a_council_and_no_election_in_march() -> None:
    part = merge(dt.date(2026, 1, 1))
    assert since(part.successor, dt.date(2025, 12, 31)) == dt.date(2022, 3, 16)
    assert since(part.successor, dt.date(2026, 1, 1)) == dt.date(2026, 1, 1)
    assert since(part.successor, dt.date(2026, 11, 24)) == dt.date(2026, 1, 1)


def test_who_merges_after_the_election_year_skips_the_election() -> None:
    part = merge(dt.date(2027, 1, 1), status=Merger.Status.PLANNED)
    for municipality in (part.predecessor, part.successor):
        assert since(municipality, dt.date(2026, 11, 24)) == dt.date(2022, 3, 16)


def test_a_merger_that_is_only_planned_gives_no_council() -> None:
    part = merge(dt.date(2027, 1, 1), status=Merger.Status.PLANNED)
    assert since(part.successor, dt.date(2027, 2, 1)) == dt.date(2022, 3, 16)
    Merger.objects.update(status=Merger.Status.EFFECTED)
    assert since(part.successor, dt.date(2027, 2, 1)) == dt.date(2027, 1, 1)


def test_a_merger_between_elections_counts_until_the_next_election() -> None:
    part = merge(dt.date(2023, 1, 1))
    assert since(part.successor, dt.date(2025, 6, 1)) == dt.date(2023, 1, 1)
    assert since(part.successor, ELECTION) == ELECTION


def test_a_merger_on_another_day_or_a_new_name_brings_no_election() -> None:
    weesp = merge(dt.date(2022, 3, 24))
    renamed = merge(dt.date(2023, 1, 1), kind=MergerPart.Kind.RENAME)
    for part in (weesp, renamed):
        assert since(part.successor, dt.date(2025, 6, 1)) == dt.date(2022, 3, 16)
