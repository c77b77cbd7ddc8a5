"""By what the list of action plans can be filtered, and which plans are in it."""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet, Value
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from accounts.models import User
from measures.models import ActionPlan, PlanParticipation, Theme
from measures.models.plan import PLAN_STATES, ActionPlanQuerySet
from municipalities.filters import SeveralField
from municipalities.models import Municipality
from municipalities.search import fold
from policytracker.dates import today

FIRST_YEAR = 2015


def years() -> list[tuple[str, str]]:
    """The years that can be asked for, the latest first."""
    return [(str(year), str(year)) for year in range(today().year + 5, FIRST_YEAR - 1, -1)]


class PlanFilter(forms.Form):
    """The filters of the list: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=100)
    gemeente = forms.CharField(label=gettext_lazy("Municipality or code"), required=False, max_length=100)
    state = SeveralField(
        label=gettext_lazy("Status"),
        choices=lambda: [(state, capfirst(str(name))) for state, name in PLAN_STATES.items()],
    )
    theme = SeveralField(
        label=gettext_lazy("Theme"),
        choices=lambda: [(theme.value, capfirst(str(theme.label))) for theme in Theme],
    )
    year = SeveralField(label=gettext_lazy("Year"), choices=years)

    def apply(self, plans: ActionPlanQuerySet) -> ActionPlanQuerySet:
        """Those of the plans that a valid form asks for."""
        chosen = self.cleaned_data
        for word in chosen["q"].split():
            plans = plans.alias(folded=fold(F("title"))).filter(folded__contains=fold(Value(word)))
        if chosen["gemeente"]:
            plans = plans.filter(pk__in=with_part(Municipality.objects.search(chosen["gemeente"])))
        if chosen["state"]:
            plans = plans.in_state(*chosen["state"])
        if chosen["theme"]:
            plans = plans.filter(themes__overlap=chosen["theme"])
        if chosen["year"]:
            plans = plans.filter(reduce(or_, (holds_in(int(year)) for year in chosen["year"])))
        return plans


def holds_in(year: int) -> Q:
    """The plans whose period holds a day of the year."""
    return Q(starts_on__lte=dt.date(year, 12, 31), ends_on__gte=dt.date(year, 1, 1))


def with_part(municipalities: QuerySet[Municipality]) -> QuerySet[PlanParticipation, Any]:
    """The keys of the plans in which these municipalities take part, or are asked to."""
    return (
        PlanParticipation.objects.exclude(status=PlanParticipation.Status.DECLINED)
        .filter(municipality__in=municipalities)
        .values("plan")
    )


def plans_of(user: User, *, only_own: bool) -> ActionPlanQuerySet:
    """The plans that the user sees, or of these only those of the user's own municipalities."""
    plans = ActionPlan.objects.visible_to(user)
    if only_own:
        plans = plans.filter(pk__in=with_part(Municipality.objects.editable_by(user)))
    return plans
