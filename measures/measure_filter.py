"""By what measures can be filtered."""

from typing import Any

from django import forms
from django.db.models import OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from measures.models import ActionPlan, Category, Measure, Phase, PlanParticipation
from measures.models.measure import MeasureQuerySet
from measures.models.plan import PLAN_STATES
from municipalities.filters import SeveralField
from municipalities.models import Municipality
from policytracker.dates import today
from policytracker.expressions import found_for_row
from policytracker.forms import DateInput

LATE = "late"
STATUS_CHOICES = [(LATE, gettext_lazy("late")), *Measure.Status.choices]
RUNNING = (ActionPlan.Status.DRAFT, ActionPlan.Status.ADOPTED)


def municipality_choices(user: User) -> list[tuple[str, Any]]:
    """The municipalities by name: an officer's own first, at the end those that are no more."""
    own = Municipality.objects.editable_by(user).filter(pk=OuterRef("pk"))
    rows = Municipality.objects.annotate(is_own=found_for_row(own)).values_list(
        "code", "name", "valid_until", "is_own"
    )
    mine, others, former = [], [], []
    for code, name, valid_until, is_own in rows.order_by("sort_name", "pk"):
        if valid_until is not None and valid_until <= today():
            former.append((code, name))
        elif is_own and user.role == Role.OFFICER:
            mine.append((code, name))
        else:
            others.append((code, name))
    groups = [(_("Your municipalities"), mine), (_("Municipalities"), others), (_("No longer there"), former)]
    return [(name, group) for name, group in groups if group]


class MeasureFilter(forms.Form):
    """By what measures can be filtered: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=100)
    gemeente = forms.ChoiceField(label=gettext_lazy("Municipality"), required=False)
    category = SeveralField(label=gettext_lazy("Category"), choices=Category.choices)
    phase = SeveralField(label=gettext_lazy("Phase"), choices=Phase.choices)
    status = SeveralField(label=gettext_lazy("Status"), choices=STATUS_CHOICES)
    embedding = SeveralField(label=gettext_lazy("Embedding"), choices=Measure.Embedding.choices)
    plan = SeveralField(label=gettext_lazy("Action plan"), choices=list(PLAN_STATES.items()))
    due_before = forms.DateField(
        label=gettext_lazy("Due before"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={
            "invalid": gettext_lazy("We cannot read this day. Write it as 2026-12-31 or 31-12-2026.")
        },
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = municipality_choices(user)
        self.fields["gemeente"].choices = [("", _("All municipalities")), *choices]  # type: ignore[attr-defined]
        self.names = {code: name for _group, options in choices for code, name in options}

    @property
    def municipality(self) -> str:
        """The name of the one municipality that a valid form asks for; empty where it asks for all."""
        return self.names.get(self.cleaned_data["gemeente"], "")

    def apply(self, measures: MeasureQuerySet) -> MeasureQuerySet:
        """Those of the measures that a valid form asks for; unless it says so none of a plan that ended."""
        chosen = self.cleaned_data
        found = measures.filter(plan__in=ActionPlan.objects.in_state(*chosen["plan"] or RUNNING))
        if chosen["q"]:
            found = found.filter(title__icontains=chosen["q"])
        if chosen["gemeente"]:
            own = PlanParticipation.objects.confirmed().filter(municipality__code=chosen["gemeente"])
            found = found.filter(plan__in=own.values("plan"))
        for name in ("category", "phase", "embedding"):
            if chosen[name]:
                found = found.filter(**{f"{name}__in": chosen[name]})
        if chosen["status"]:
            asked = Q(status__in=chosen["status"])
            if LATE in chosen["status"]:
                asked |= Q(pk__in=Measure.objects.late())
            found = found.filter(asked)
        if chosen["due_before"]:
            found = found.filter(due_on__lt=chosen["due_before"])
        return found
