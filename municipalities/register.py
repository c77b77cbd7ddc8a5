"""The register as a table: how it is sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from municipalities.coverage import Coverage
from municipalities.kept_areas import PROVINCE, REGION, name_of
from municipalities.models import CoverageStatement, Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.sizes import SizeClass, size_class_of
from policytracker.choices import labels
from policytracker.dates import local_day
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting, rank
from policytracker.provenance import Provenance

# Where a policy in a public source would make a difference.
WAITING = (Coverage.LAPSED, Coverage.IN_PREPARATION, Coverage.ABSENT, Coverage.UNKNOWN)
BY_NAME = ("sort_name", "pk")
SORTING = Sorting(
    {
        "name": Order(F("sort_name"), ("pk",)),
        "province": Order(F("province__name"), BY_NAME),
        "population": Order(F("population"), BY_NAME, starts_descending=True),
        "coverage": Order(rank("coverage", Coverage), BY_NAME),
    },
    "name",
)


def period(starts_on: dt.date | None, ends_on: dt.date | None) -> str:
    """The years from first to last, such as “2023–2026”; an unknown side is left open."""
    years = [str(day.year) if day else "" for day in (starts_on, ends_on)]
    return "–".join(dict.fromkeys(years)) if any(years) else ""


class Entry(NamedTuple):
    """A municipality in the list; the order is that of the query, which makes no objects of the models."""

    code: str
    name: str
    province: str
    region: str
    population: int | None
    coverage: str
    stated_at: dt.datetime | None
    expected_on: dt.date | None
    provenance: str | None
    policy_starts_on: dt.date | None
    policy_ends_on: dt.date | None
    has_proposal: bool

    @property
    def basis(self) -> str:
        """What the coverage rests on, or since when it holds, in a few words."""
        if self.stated_at is None:
            return ""
        if self.coverage == Coverage.LAPSED and self.policy_ends_on:
            return _("policy ended on %(day)s") % {"day": date_format(self.policy_ends_on)}
        if self.coverage == Coverage.IN_PREPARATION and self.expected_on:
            return _("expected on %(day)s") % {"day": date_format(self.expected_on)}
        if years := period(self.policy_starts_on, self.policy_ends_on):
            return _("policy %(years)s") % {"years": years}
        return _("stated on %(day)s") % {"day": date_format(local_day(self.stated_at))}

    @property
    def waits_in_public(self) -> bool:
        """Whether a public source names a policy while the municipality is not known to be covered."""
        return self.has_proposal and self.coverage in WAITING

    @property
    def is_invented(self) -> bool:
        """Whether the statement was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION


COLUMNS = (
    "code",
    "name",
    "province_id",
    "safety_region_id",
    "population",
    "coverage",
    "statement__stated_at",
    "statement__expected_on",
    "statement__provenance",
    "statement__policy__starts_on",
    "statement__policy__ends_on",
    "has_proposal",
)


DAYS_KEPT = 16


@lru_cache(maxsize=DAYS_KEPT)
def municipalities_on(on: dt.date) -> MunicipalityQuerySet:
    """The municipalities of the day.

    Django takes longer to put a query together than PostgreSQL takes to run it for a page. So this one and
    those below are made once for a day and never run themselves: whatever is filtered or sorted is a copy.
    """
    return Municipality.objects.in_register(on=on)


@lru_cache(maxsize=DAYS_KEPT)
def covered_on(on: dt.date) -> MunicipalityQuerySet:
    """The municipalities of the day with their coverage; made once for a day, never run itself."""
    return municipalities_on(on).with_coverage(on=on)


@lru_cache(maxsize=DAYS_KEPT)
def rows_on(on: dt.date) -> MunicipalityQuerySet:
    """What a row shows of each municipality of the day; made once for a day, never run itself."""
    return cast(MunicipalityQuerySet, covered_on(on).with_proposal(on=on).values_list(*COLUMNS))


def entries(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    """The rows of a page of the list, of which `rows_on` begins the query."""
    return [
        Entry(code, name, name_of(PROVINCE, province), name_of(REGION, region), *others)
        for code, name, province, region, *others in rows
    ]


# The columns of an export, in the order in which `export_rows` fills them.
EXPORT_COLUMNS = (
    "code",
    "name",
    "province__name",
    "safety_region__name",
    "police_unit__name",
    "population",
    "population_year",
    "coverage",
    "statement__policy__title",
    "statement__policy__starts_on",
    "statement__policy__ends_on",
    "statement__expected_on",
    "statement__stated_at",
    "statement__review",
    "statement__provenance",
    "has_proposal",
)


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Code"),
        _("Municipality"),
        _("Province"),
        _("Safety region"),
        _("Police unit"),
        _("Inhabitants"),
        _("Inhabitants on 1 January of"),
        _("Size"),
        _("Coverage"),
        _("Safety policy"),
        _("First day of the policy"),
        _("Last day of the policy"),
        _("Expected on"),
        _("Stated on"),
        _("Review"),
        _("Source of the coverage"),
        _("Waits in a public source"),
        _("Reference day"),
    ]


def export_rows(rows: MunicipalityQuerySet, on: dt.date) -> Iterator[Row]:
    """The rows of an export, read while they are sent; each tells its reference day and its source."""
    # In the language of the request, which may be over when the rows are sent.
    coverages, reviews, sources = labels(Coverage), labels(CoverageStatement.Review), labels(Provenance)
    yes_no = {True: _("yes"), False: _("no")}
    sizes = labels(SizeClass)
    stored = rows.values_list(*EXPORT_COLUMNS).iterator()
    return (
        (
            code,
            name,
            province,
            region,
            unit,
            population,
            year,
            sizes[size_class_of(population)],
            coverages[coverage],
            title,
            starts_on,
            ends_on,
            expected_on,
            local_day(stated_at) if stated_at else None,
            reviews[review],
            sources[source],
            yes_no[has_proposal],
            on,
        )
        for (
            code,
            name,
            province,
            region,
            unit,
            population,
            year,
            coverage,
            title,
            starts_on,
            ends_on,
            expected_on,
            stated_at,
            review,
            source,
            has_proposal,
        ) in stored
    )
