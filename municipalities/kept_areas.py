"""The provinces, safety regions and groups, kept in memory for a minute: they change once a year at most.

A list of municipalities that joins them for their names takes PostgreSQL longer to plan than to answer.
"""

from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple

from django.db.models import QuerySet, Value

from municipalities.models import MunicipalityGroup, Province, SafetyRegion

KEPT_SECONDS = 60
PROVINCE, REGION, GROUP = "province", "region", "group"


class Area(NamedTuple):
    """An area or group of municipalities."""

    code: str
    name: str


def choices(kind: str) -> list[Area]:
    """The codes and names of one kind, by name."""
    return list(_kept(_period())[kind].values())


def name_of(kind: str, pk: int | None) -> str:
    """The name of one of them; nothing for none."""
    if pk is None:
        return ""
    if pk not in _kept(_period())[kind]:
        forget()  # it is younger than what is kept
    return _kept(_period())[kind][pk].name


def forget() -> None:
    """Ask the database again the next time."""
    _kept.cache_clear()


def _period() -> int:
    return int(monotonic() // KEPT_SECONDS)


@lru_cache(maxsize=1)
def _kept(_during: int) -> dict[str, dict[int, Area]]:
    """All of them by kind and key, in one query, in the order of their names."""

    def rows(kind: str, areas: QuerySet[Any]) -> QuerySet[Any, Any]:
        return areas.order_by().values_list(Value(kind), "pk", "code", "name")

    found = rows(PROVINCE, Province.objects.all()).union(
        rows(REGION, SafetyRegion.objects.all()), rows(GROUP, MunicipalityGroup.objects.all())
    )
    kept: dict[str, dict[int, Area]] = {PROVINCE: {}, REGION: {}, GROUP: {}}
    for kind, pk, code, name in sorted(found, key=lambda row: row[3]):
        kept[kind][pk] = Area(code, name)
    return kept
