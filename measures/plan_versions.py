"""Versions of an action plan: the copy that a new one begins as, and what changed between two of them."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from measures.models import ActionPlan, Measure, PlanParticipation
from policytracker.markup import joined
from policytracker.text_difference import pieces, written

# The copy

OF_ITS_OWN = {"id", "plan", "revision", "carried_from"}  # what a copy of a measure does not take over
OVER = (Measure.Status.DONE, Measure.Status.STOPPED)


def following_period(starts_on: dt.date, ends_on: dt.date) -> tuple[dt.date, dt.date]:
    """The period of as many years that begins when this one has ended."""
    begins = ends_on + dt.timedelta(days=1)
    years = max(1, begins.year - starts_on.year)
    leap_day = (ends_on.month, ends_on.day) == (2, 29)
    return begins, ends_on.replace(year=ends_on.year + years, day=28 if leap_day else ends_on.day)


def carry_measures(measures: Iterable[Measure], after: ActionPlan) -> None:
    """Copy measures of one version to the next; what was reported stays with the earlier one."""
    measures = list(measures)
    copied = [field.attname for field in Measure._meta.concrete_fields if field.name not in OF_ITS_OWN]
    copies = Measure.objects.bulk_create(
        Measure(
            plan=after, carried_from=measure, **{attname: getattr(measure, attname) for attname in copied}
        )
        for measure in measures
    )
    copy_of = {copy.carried_from_id: copy.pk for copy in copies}
    link = Measure.partners.through._default_manager
    link.bulk_create(
        link.model(measure_id=copy_of[measure], partner_id=partner)
        for measure, partner in link.filter(measure__in=copy_of)
        .values_list("measure", "partner")
        .order_by("pk")
    )


def added_since(before: ActionPlan, after: ActionPlan) -> QuerySet[Measure]:
    """What is not over in the version before and never went along to the later one.

    Who deleted a copy from the draft did so on purpose: it does not come back.
    """
    copied = Measure.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        plan=after, carried_from__isnull=False
    )
    return (
        before.measures.exclude(status__in=OVER).exclude(pk__in=copied.values("carried_from")).order_by("pk")
    )


def moved_on_since(before: ActionPlan, after: ActionPlan) -> QuerySet[Measure]:
    """The copies of which the original has another status by now, while nobody changed that of the copy."""
    changed_here = Measure.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj=OuterRef("pk")
    ).exclude(status=OuterRef("status"))
    return (
        after.measures.filter(carried_from__plan=before)
        .exclude(status=F("carried_from__status"))
        .exclude(Exists(changed_here))
    )


def catch_up(before: ActionPlan, after: ActionPlan) -> None:
    """Take along what happened in the version before since the later one began as its copy.

    That is what was added, and how far things came; both plans are locked meanwhile.
    """
    carry_measures(added_since(before, after), after)
    original = Measure.objects.filter(pk=OuterRef("carried_from"))
    after.measures.filter(pk__in=moved_on_since(before, after).values("pk")).update(
        status=Subquery(original.values("status")),
        stopped_because=Subquery(original.values("stopped_because")),
    )


# The comparison


class Change(NamedTuple):
    """Something that is not the same in both versions: its name, and both sides with the words marked."""

    label: str
    before: SafeString
    after: SafeString


class ChangedMeasure(NamedTuple):
    """A measure that went along to the later version, and what changed in it."""

    measure: Measure
    changes: list[Change]

    @property
    def heading(self) -> str:
        """The id of its heading, by which its table is named."""
        return f"measure-{self.measure.pk}"


@dataclass(frozen=True)
class Comparison:
    """What changed from one version of a plan to a later one."""

    before: ActionPlan
    after: ActionPlan
    facts: list[Change]
    changed: list[ChangedMeasure]
    added: list[Measure]
    dropped: list[Measure]
    unchanged: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.facts or self.changed or self.added or self.dropped)


def compare(before: ActionPlan, after: ActionPlan, *, user: User, shows_contacts: bool) -> Comparison:
    """Two versions of one plan, as far as this user sees them: four queries however large they are."""
    partners: dict[int, list[str]] = {before.pk: [], after.pk: []}
    taking_part = PlanParticipation.objects.filter(plan__in=partners).exclude(
        status=PlanParticipation.Status.DECLINED
    )
    for plan, name in taking_part.order_by("municipality__sort_name").values_list(
        "plan", "municipality__name"
    ):
        partners[plan].append(name)
    measures = list(
        Measure.objects.visible_to(user)
        .filter(plan__in=partners)
        .select_related("contact")
        .prefetch_related("partners")
    )
    old = {measure.pk: measure for measure in measures if measure.plan_id == before.pk}
    new = [measure for measure in measures if measure.plan_id == after.pk]
    origins = origins_in(old, new, after)
    changed = [
        ChangedMeasure(measure, list(measure_changes(old[origin], measure, shows_contacts=shows_contacts)))
        for measure in new
        if (origin := origins[measure.pk])
    ]
    return Comparison(
        before,
        after,
        facts=list(differing(facts_of(before, partners), facts_of(after, partners))),
        changed=[one for one in changed if one.changes],
        added=[measure for measure in new if origins[measure.pk] is None],
        dropped=[measure for pk, measure in old.items() if pk not in origins.values()],
        unchanged=sum(not one.changes for one in changed),
    )


def origins_in(old: Iterable[int], new: Iterable[Measure], after: ActionPlan) -> dict[int, int | None]:
    """For each later measure the earlier one that it was carried from, through the versions between."""
    versions = ActionPlan.objects.versions_of(after).order_by()
    came_from = dict(
        Measure.objects.filter(Q(carried_from__isnull=False), plan__in=versions.values("pk")).values_list(
            "pk", "carried_from"
        )
    )
    origins: dict[int, int | None] = {}
    for measure in new:
        origin: int | None = measure.pk
        while origin is not None and origin not in old:
            origin = came_from.get(origin)
        origins[measure.pk] = origin
    return origins


Words = Iterator[tuple[str, str]]


def facts_of(plan: ActionPlan, partners: dict[int, list[str]]) -> Words:
    """What stands in a plan itself, each with its name, as a person reads it."""
    yield _("Title"), plan.title
    yield _("What the plan is for"), plan.description
    yield _("Themes"), plan.get_themes_display()
    yield _("First day"), date_format(plan.starts_on)
    yield _("Last day"), date_format(plan.ends_on)
    yield _("Municipalities"), ", ".join(partners[plan.pk])
    yield _("Document"), str(plan.document or "")


MEASURE_FIELDS = (
    "title",
    "description",
    "category",
    "phase",
    "status",
    "stopped_because",
    "embedding",
    "lead_organisation",
    "starts_on",
    "due_on",
    "budget",
    "funding_source",
    "indicator",
    "target",
)


def measure_words(measure: Measure, *, shows_contacts: bool) -> Words:
    """What stands in a measure, each with its name, as a person reads it."""
    for name in MEASURE_FIELDS:
        field = Measure._meta.get_field(name)
        shown: Callable[[], str] | None = getattr(measure, f"get_{name}_display", None)
        yield capfirst(str(field.verbose_name)), shown() if shown else in_words(getattr(measure, name))  # type: ignore[union-attr]
    yield _("Partners"), ", ".join(partner.name for partner in measure.partners.all())
    if shows_contacts:
        yield _("Responsible contact"), measure.contact.name if measure.contact else ""


def measure_changes(before: Measure, after: Measure, *, shows_contacts: bool) -> Iterator[Change]:
    """What changed in a measure that went along to a later version."""
    return differing(
        measure_words(before, shows_contacts=shows_contacts),
        measure_words(after, shows_contacts=shows_contacts),
    )


def in_words(value: Any) -> str:
    """A value without choices as a person reads it; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return date_format(value)
    return value if isinstance(value, str) else number_format(value, force_grouping=True)


def differing(before: Words, after: Words) -> Iterator[Change]:
    """What is not the same on both sides, which name the same things in the same order."""
    for (label, old), (_label, new) in zip(before, after, strict=True):
        if old != new:
            parts = list(pieces(old, new))
            yield Change(
                label,
                joined(written(part) for part in parts if not part.is_added),
                joined(written(part) for part in parts if not part.is_removed),
            )
