"""What the histories tell of an action plan, a measure, an entry of the library and an offer."""

from collections.abc import Collection, Mapping
from functools import partial

from django.contrib.postgres.aggregates import StringAgg
from django.db import connection
from django.db.models import OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from measures.models import (
    ActionPlan,
    Measure,
    MeasurePartner,
    PlanParticipation,
    ProgressUpdate,
    SupportOffer,
    TypicalMeasure,
)
from municipalities.models import Contact
from policytracker.expressions import found_for_row
from policytracker.object_history import Naming, Source

PLAN = (
    Source(
        ActionPlan,
        made=gettext_lazy("Action plan made"),
        changed=gettext_lazy("Action plan changed"),
        deleted=gettext_lazy("Action plan removed"),
        first=("previous_version",),
        public=~Q(status=ActionPlan.Status.DRAFT),
    ),
    Source(
        PlanParticipation,
        owner="plan",
        name="municipality",
        made=gettext_lazy("Municipality added: %(name)s"),
        changed=gettext_lazy("Participation of %(name)s changed"),
        deleted=gettext_lazy("Municipality removed: %(name)s"),
        confirmed=gettext_lazy("%(name)s confirmed that nothing changed"),
        first=("status",),
        fields=("status", "confirmed_at"),
        public=~Q(status=PlanParticipation.Status.DECLINED),
    ),
    Source(
        Measure,
        owner="plan",
        name="title",
        made=gettext_lazy("Measure added: “%(name)s”"),
        changed=gettext_lazy("Measure “%(name)s” got another title"),
        deleted=gettext_lazy("Measure removed: “%(name)s”"),
        fields=("title",),
        public=~Q(status=Measure.Status.DRAFT),
    ),
)

MEASURE = (
    Source(
        Measure,
        made=gettext_lazy("Measure made"),
        changed=gettext_lazy("Measure changed"),
        deleted=gettext_lazy("Measure removed"),
        first=("taken_from", "copied_from", "carried_from"),
        private=("contact",),
        public=~Q(status=Measure.Status.DRAFT),
    ),
    Source(
        MeasurePartner,
        owner="measure",
        name="partner",
        made=gettext_lazy("Partner added: %(name)s"),
        deleted=gettext_lazy("Partner removed: %(name)s"),
        fields=(),
    ),
    Source(
        ProgressUpdate,
        owner="measure",
        made=gettext_lazy("Progress reported"),
        changed=gettext_lazy("Progress report changed"),
        deleted=gettext_lazy("Progress report removed"),
        first=("text",),
        fields=("text",),
    ),
)

LIBRARY = (
    Source(
        TypicalMeasure,
        made=gettext_lazy("Added to the library"),
        changed=gettext_lazy("Changed in the library"),
        deleted=gettext_lazy("Removed from the library"),
    ),
)

OFFER = (
    Source(
        SupportOffer,
        made=gettext_lazy("Offer added"),
        changed=gettext_lazy("Offer changed"),
        deleted=gettext_lazy("Offer removed"),
    ),
)

# From a measure back to the one that it was carried over from, and so on, each with its plan.
LINEAGE = """
WITH RECURSIVE lineage (id) AS (
    SELECT %(measure)s::bigint
    UNION
    SELECT measure.carried_from_id FROM lineage JOIN measures_measure measure USING (id)
    WHERE measure.carried_from_id IS NOT NULL
)
SELECT measure.id, plan.title, plan.version
FROM lineage
JOIN measures_measure measure USING (id)
JOIN measures_actionplan plan ON plan.id = measure.plan_id
WHERE measure.id <> %(measure)s
"""


def earlier_versions(plan: ActionPlan) -> Mapping[int, str]:
    """The plan, without a mark, and the versions before it, each marked with its number."""
    if plan.previous_version_id is None:
        return {plan.pk: ""}
    earlier = ActionPlan.objects.versions_of(plan).filter(version__lt=plan.version)
    return {
        plan.pk: "",
        **{
            key: _("version %(version)s") % {"version": version}
            for key, version in earlier.values_list("pk", "version")
        },
    }


def earlier_measures(measure: Measure) -> Mapping[int, str]:
    """The measure, without a mark, and those before it in earlier plans, each marked with its plan."""
    with connection.cursor() as cursor:
        cursor.execute(LINEAGE, {"measure": measure.pk})
        earlier = {
            key: _("in the earlier plan “%(title)s”, version %(version)s")
            % {"title": title, "version": version}
            for key, title, version in cursor.fetchall()
        }
    return {measure.pk: "", **earlier}


def measure_names(keys: Collection[int]) -> Mapping[int, str]:
    """Measures with the plan in which they stand and whose plan that is."""
    ours = Q(plan__participations__status=PlanParticipation.Status.CONFIRMED)
    rows = (
        Measure.objects.filter(pk__in=keys)
        .annotate(of=StringAgg("plan__participations__municipality__name", ", ", filter=ours))
        .values_list("pk", "title", "plan__title", "of")
    )
    return {
        key: f"{title} ({plan}, {of})" if of else f"{title} ({plan})"
        for key, title, plan, of in rows.order_by()
    }


def contact_names(keys: Collection[int], *, reader: User) -> Mapping[int, str]:
    """Contacts by name alone; those that the reader may not see by their municipality."""
    is_seen = found_for_row(Contact.objects.visible_to(reader).filter(pk=OuterRef("pk")))
    rows = (
        Contact.objects.filter(pk__in=keys)
        .annotate(is_seen=is_seen)
        .values_list("pk", "name", "municipality__name", "is_seen")
    )
    return {
        key: name if seen else _("a contact of %(name)s") % {"name": municipality}
        for key, name, municipality, seen in rows.order_by()
    }


def naming(reader: User) -> Naming:
    """What the histories call measures and contacts, for this reader."""
    return {Measure: measure_names, Contact: partial(contact_names, reader=reader)}
