"""A municipality beside similar ones: how these stand, what they do, and what it could take over."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Abs, Coalesce, RowNumber
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dashboards.figures import Share
from dashboards.pictures import Number, register
from measures.models import ActionPlan, Category, Measure, Phase, PlanParticipation
from measures.models.measure import MeasureQuerySet
from municipalities.coverage import Coverage
from municipalities.models import GroupMembership, Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.sizes import population_in
from policytracker.choices import label
from policytracker.exporting import Row
from policytracker.expressions import Median
from policytracker.provenance import Provenance

SMALLEST_GROUP = 5  # of fewer municipalities a median says too much about each and too little about all
EXAMPLES = 3

THEIRS = "plan__participations__municipality"

# What can be taken over: an entry of the library, or else a measure of others.
Entry = tuple[int | None, int | None]


# With which municipalities


class Basis(NamedTuple):
    """By what similar municipalities are found; `filters` find the same ones in the register."""

    key: str
    label: str
    phrase: str
    filters: dict[str, str]
    members: Q

    @property
    def url(self) -> str:
        """The address of the register's list of these municipalities."""
        return register(**self.filters)


def bases(municipality: Municipality, on: dt.date) -> list[Basis]:
    """By what this municipality can be compared, the most telling first; every one has a province."""
    found = []
    if size := municipality.size_class:
        found.append(
            Basis(
                "size",
                _("Same size: %(name)s") % {"name": size.label},
                _("of the same size (%(name)s)") % {"name": size.label},
                {"size": size.value},
                population_in(size),
            )
        )
    if region := municipality.safety_region:
        found.append(
            Basis(
                "region",
                _("Same safety region: %(name)s") % {"name": region.name},
                _("in the same safety region (%(name)s)") % {"name": region.name},
                {"region": region.code},
                Q(safety_region=region),
            )
        )
    province = municipality.province
    found.append(
        Basis(
            "province",
            _("Same province: %(name)s") % {"name": province.name},
            _("in the same province (%(name)s)") % {"name": province.name},
            {"province": province.code},
            Q(province=province),
        )
    )
    memberships = GroupMembership.objects.held(on=on)
    groups = memberships.filter(municipality=municipality).order_by("group__code")
    for code, name in groups.values_list("group__code", "group__name"):
        members = memberships.filter(group__code=code).values("municipality")
        found.append(
            Basis(
                f"group-{code}",
                _("Same group: %(name)s") % {"name": name},
                _("in the same group (%(name)s)") % {"name": name},
                {"group": code},
                Q(pk__in=members),
            )
        )
    return found


# How many of which


class Line(NamedTuple):
    """A kind of measure: how many the municipality has, and the median of the group where that is shown.

    `most` is the largest number of its table, to which the bars are drawn.
    """

    label: str
    own: int
    median: float | None
    most: float

    @property
    def length(self) -> int:
        """How long the municipality's bar is, in per cents."""
        return round(100 * self.own / self.most) if self.most else 0

    @property
    def mark(self) -> int | None:
        """Where the median stands on the bar, in per cents; None where it is not shown."""
        if self.median is None:
            return None
        return round(100 * self.median / self.most) if self.most else 0


def lines(numbers: Iterable[tuple[str | Promise, int, float | None]]) -> list[Line]:
    """The lines of a table, drawn to one scale."""
    found = list(numbers)
    most = max(max(own, median or 0) for _label, own, median in found)
    return [Line(capfirst(str(text)), own, median, most) for text, own, median in found]


@dataclass(frozen=True)
class Tally:
    """The measures of a municipality, and of the others in its group that have a plan that holds."""

    figures: dict[str, Any]

    @property
    def has_plan(self) -> bool:
        """Whether the municipality itself has a plan that holds."""
        return bool(self.figures["own_plans"])

    @property
    def with_plan(self) -> int:
        """How many of the others have a plan that holds: the medians are of these."""
        return self.figures["with_plan"]

    @property
    def is_too_small(self) -> bool:
        """Whether there are too few others with a plan for a median."""
        return self.with_plan < SMALLEST_GROUP

    @property
    def total(self) -> Line:
        """All measures."""
        return lines([(_("All measures"), *self._numbers("total"))])[0]

    @property
    def categories(self) -> list[Line]:
        """The measures by category."""
        return lines((category.label, *self._numbers(category_key(category))) for category in Category)

    @property
    def phases(self) -> list[Line]:
        """The measures by phase."""
        return lines((phase.label, *self._numbers(phase_key(phase))) for phase in Phase)

    @property
    def structural(self) -> Share:
        """The municipality's measures that are structural, out of all."""
        return Share(self._own("structural"), self._own("total"))

    @property
    def structural_of_others(self) -> Share:
        """The same of the others together."""
        return Share(self.figures["others_structural"] or 0, self.figures["others_total"] or 0)

    @property
    def lacking(self) -> Q:
        """Measures of a category or a phase in which the municipality has nothing."""
        return Q(category__in=[one for one in Category.values if not self._own(category_key(one))]) | Q(
            phase__in=[one for one in Phase.values if not self._own(phase_key(one))]
        )

    def _own(self, key: str) -> int:
        return self.figures[f"own_{key}"] or 0

    def _numbers(self, key: str) -> tuple[int, float | None]:
        return self._own(key), None if self.is_too_small else self.figures[f"median_{key}"]


def category_key(category: str) -> str:
    """The name under which the measures of a category are counted."""
    return f"category_{category}"


def phase_key(phase: str) -> str:
    """The name under which the measures of a phase are counted."""
    return f"phase_{phase}"


# What a median is shown of, and the condition on the measures that are counted for it.
COUNTED = {
    "total": Q(),
    **{category_key(category): Q(measure__category=category) for category in Category.values},
    **{phase_key(phase): Q(measure__phase=phase) for phase in Phase.values},
}
STRUCTURAL = {"structural": Q(measure__embedding=Measure.Embedding.STRUCTURAL)}


def tally(municipality: Municipality, members: MunicipalityQuerySet, on: dt.date) -> Tally:
    """Count the measures of each member with a plan that holds; who has none of a kind counts as 0."""
    own, others = Q(municipality=municipality), ~Q(municipality=municipality)
    by_municipality = (
        PlanParticipation.objects.confirmed()
        .filter(municipality__in=members, plan__in=ActionPlan.objects.current(on=on))
        .annotate(
            measure=FilteredRelation(
                "plan__measures", condition=Q(plan__measures__status__in=Measure.HOLDING)
            )
        )
        .order_by()
        .values("municipality")
        .annotate(**{key: Count("measure", filter=which) for key, which in (COUNTED | STRUCTURAL).items()})
    )
    return Tally(
        by_municipality.aggregate(
            own_plans=Count("municipality", filter=own),
            with_plan=Count("municipality", filter=others),
            others_total=Sum("total", filter=others),
            others_structural=Sum("structural", filter=others),
            **{f"own_{key}": Max(key, filter=own) for key in COUNTED | STRUCTURAL},
            **{f"median_{key}": Median(key, filter=others) for key in COUNTED},
        )
    )


@dataclass(frozen=True)
class Comparison:
    """A municipality, which carries its coverage, beside those that are similar by one basis."""

    municipality: Municipality
    basis: Basis
    on: dt.date

    @cached_property
    def members(self) -> MunicipalityQuerySet:
        """The municipalities of the group, this one included."""
        return Municipality.objects.in_register(on=self.on).filter(self.basis.members)

    @cached_property
    def by_coverage(self) -> dict[str, int]:
        """How many members have each value of coverage that any has."""
        members = self.members.with_coverage(on=self.on).order_by()
        return dict(members.values_list("coverage").annotate(number=Count("pk")))

    @property
    def numbers(self) -> list[Number]:
        """The members by coverage, each number with the list behind it."""
        return [
            Number(
                value.label,
                self.by_coverage.get(value, 0),
                register(**self.basis.filters, coverage=value),
                value,
            )
            for value in Coverage
        ]

    @property
    def others(self) -> int:
        """With how many municipalities it is compared."""
        return sum(self.by_coverage.values()) - 1

    @cached_property
    def tally(self) -> Tally:
        """The measures of the municipality and of the others."""
        return tally(self.municipality, self.members, self.on)


# What others do and the municipality does not


class Example(NamedTuple):
    """A measure of municipalities of the group; `others` counts those that share it beside the named one."""

    pk: int
    title: str
    code: str
    name: str
    others: int
    is_invented: bool

    @property
    def url(self) -> str:
        """The address at which it is taken over as a draft."""
        return take_over_url(measure=self.pk)

    @property
    def whose(self) -> str:
        """Whose measure it is."""
        if not self.others:
            return self.name
        named = {"name": self.name, "number": self.others}
        return (
            ngettext("%(name)s and %(number)s other", "%(name)s and %(number)s others", self.others) % named
        )


class Missing(NamedTuple):
    """What others do and the municipality does not: an entry of the library, or a measure that is in none."""

    typical: int | None
    measure: int | None
    title: str
    text: str
    category: str
    phase: str
    number: int
    examples: tuple[Example, ...]
    is_begun: bool

    @property
    def url(self) -> str:
        """The address at which it is taken over as a draft."""
        return take_over_url(typical=self.typical) if self.typical else take_over_url(measure=self.measure)

    @property
    def about(self) -> str:
        """The category and phase in words."""
        return f"{capfirst(label(Category, self.category))} · {label(Phase, self.phase)}"


def take_over_url(**what: int | None) -> str:
    """The address at which a `measure` of others or a `typical` one of the library is taken over."""
    return f"{reverse('measures:take-over')}?{urlencode(what)}"


def lacked(
    comparison: Comparison, categories: Collection[str] = (), phases: Collection[str] = ()
) -> MeasureQuerySet:
    """The measures of the others that the municipality does not have, once for each that has it.

    Of what was taken from the library those whose entry it does not use; of the rest those of a category or a
    phase in which it has nothing. An entry's category and phase go before those of a measure taken from it.
    """
    municipality, on = comparison.municipality, comparison.on
    own = Measure.objects.holding(on=on).filter(plan__in=ActionPlan.objects.of(municipality))
    theirs = PlanParticipation.objects.confirmed().filter(
        municipality__in=comparison.members.exclude(pk=municipality.pk)
    )
    found = (
        Measure.objects.holding(on=on)
        .filter(Q(taken_from__isnull=False) | comparison.tally.lacking, plan__participations__in=theirs)
        .exclude(Exists(own.filter(taken_from=OuterRef("taken_from"))))
        .alias(
            kind=Coalesce("taken_from__category", "category"),
            course=Coalesce("taken_from__phase", "phase"),
        )
        .order_by()
    )
    if categories:
        found = found.filter(kind__in=categories)
    if phases:
        found = found.filter(course__in=phases)
    return found


# What is not from the library stands for itself alone.
ITSELF = Case(When(taken_from__isnull=True, then=F("pk")))


def entries(found: MeasureQuerySet) -> QuerySet[Measure, Any]:
    """What is `lacked`, each thing once: the library first, then what most others have; see `missing`."""
    language = "en" if get_language() == "en" else "nl"
    return (
        found.values(
            "taken_from",
            itself=ITSELF,
            is_own_work=IsNull(F("taken_from"), True),
            name=Coalesce(f"taken_from__title_{language}", "title"),
            about=Coalesce(f"taken_from__text_{language}", "description"),
            in_category=F("kind"),
            in_phase=F("course"),
        )
        .annotate(number=Count(THEIRS, distinct=True))
        .order_by("is_own_work", "-number", "name", "taken_from", "itself")
        .values_list("taken_from", "itself", "name", "about", "in_category", "in_phase", "number")
    )


def missing(
    comparison: Comparison, found: MeasureQuerySet, rows: Collection[tuple[Any, ...]], *, with_drafts: bool
) -> list[Missing]:
    """The rows of `entries` with examples; with_drafts: and whether the municipality has a draft of it."""
    typical, measures = ({row[at] for row in rows} - {None} for at in (0, 1))
    shown = found.filter(Q(taken_from__in=typical) | Q(pk__in=measures))
    by_entry = examples(shown, comparison.municipality) if rows else {}
    drafts = drafts_of(comparison.municipality) if with_drafts and rows else set()
    return [Missing._make((*row, by_entry.get(row[:2], ()), row[:2] in drafts)) for row in rows]


def examples(found: MeasureQuerySet, municipality: Municipality) -> dict[Entry, tuple[Example, ...]]:
    """A few measures for each entry, first those of the municipalities whose population is nearest."""
    distance = Abs(F(f"{THEIRS}__population") - Value(municipality.population or 0))
    nearest_first = (distance.asc(nulls_last=True), f"{THEIRS}__sort_name")
    rows = (
        found.values("pk", "title", "provenance", "taken_from")
        .annotate(
            itself=ITSELF,
            nearest=Min(distance),
            codes=ArrayAgg(f"{THEIRS}__code", order_by=nearest_first),
            names=ArrayAgg(f"{THEIRS}__name", order_by=nearest_first),
        )
        .annotate(
            rank=Window(RowNumber(), partition_by=[F("taken_from"), F("itself")], order_by=["nearest", "pk"])
        )
        .filter(rank__lte=EXAMPLES)
        .order_by("rank")
    )
    by_entry: dict[Entry, tuple[Example, ...]] = {}
    for row in rows:
        entry = (row["taken_from"], row["itself"])
        example = Example(
            row["pk"],
            row["title"],
            row["codes"][0],
            row["names"][0],
            others=len(row["names"]) - 1,
            is_invented=row["provenance"] == Provenance.DEMONSTRATION,
        )
        by_entry[entry] = (*by_entry.get(entry, ()), example)
    return by_entry


def drafts_of(municipality: Municipality) -> set[Entry]:
    """Of which entries the municipality has a draft, or a measure in a plan that is not adopted yet."""
    drafts = Measure.objects.filter(
        Q(status=Measure.Status.DRAFT) | Q(plan__status=ActionPlan.Status.DRAFT),
        plan__in=ActionPlan.objects.of(municipality).exclude(status=ActionPlan.Status.SUPERSEDED),
    ).exclude(status=Measure.Status.STOPPED)
    pairs = drafts.order_by().values_list("taken_from", "copied_from")
    return {(typical, None if typical else measure) for typical, measure in pairs}


# As a download


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Measure"),
        _("Category"),
        _("Phase"),
        _("From the library"),
        _("Municipalities that have it"),
        _("Municipalities with a plan"),
        _("Examples"),
        _("Compared with"),
        _("Reference day"),
    ]


def export_rows(comparison: Comparison, shown: Iterable[Missing]) -> Iterable[Row]:
    """The rows of an export."""
    yes_no = {True: _("yes"), False: _("no")}
    for one in shown:
        yield (
            one.title,
            label(Category, one.category),
            label(Phase, one.phase),
            yes_no[one.typical is not None],
            one.number,
            comparison.tally.with_plan,
            "; ".join(f"{example.whose}: {example.title}" for example in one.examples),
            comparison.basis.label,
            comparison.on,
        )
