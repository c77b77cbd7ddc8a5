"""By what the register can be filtered, and on which day it is shown."""

import datetime as dt
from functools import partial, reduce
from operator import or_
from typing import Any

from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from municipalities import kept_areas
from municipalities.coverage import COVERED, Coverage
from municipalities.models import (
    CoverageStatement,
    GroupMembership,
    Municipality,
    PolicyParticipation,
    SafetyPolicy,
)
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.sizes import SizeClass, population_in
from policytracker.dates import today
from policytracker.forms import DateInput

REGISTER_BEGINS = dt.date(2015, 1, 1)
NAMED_AT_MOST = 6
LOOKS_AHEAD = dt.timedelta(days=5 * 366)

COVERAGE_CHOICES = [
    (_("Covered"), [(value.value, value.label) for value in COVERED]),
    (_("Not covered"), [(value.value, value.label) for value in Coverage if value not in COVERED]),
]


class SeveralField(forms.MultipleChoiceField):
    """Any number of choices, each with its checkbox; none means that the filter is off."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        """What was chosen; an empty part of the address chooses nothing."""
        return [one for one in super().to_python(value) if one]


class MunicipalityField(forms.CharField):
    """One municipality, by its code or by as much of its name as tells it apart."""

    default_error_messages = {
        "unknown": _("We know no municipality with this name or code."),
        "several": _("Which one do you mean? Give its code: %(names)s."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=100, **options)

    def clean(self, value: Any) -> Municipality | None:
        """The municipality; None where nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        found = Municipality.objects.search(text)
        exactly = found.filter(Q(code__iexact=text) | Q(name__iexact=text))
        named = list(exactly[:2]) or list(found[:NAMED_AT_MOST])
        if not named:
            raise forms.ValidationError(self.error_messages["unknown"])
        if len(named) > 1:
            names = ", ".join(f"{one.name} ({one.code})" for one in named)
            raise forms.ValidationError(self.error_messages["several"], params={"names": names})
        return named[0]


class ReferenceDayForm(forms.Form):
    """On which day the register is shown; today unless the address says otherwise."""

    peildatum = forms.DateField(
        label=_("Reference day"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={"invalid": _("We cannot read this day. Write it as 2026-12-31 or 31-12-2026.")},
    )

    def clean_peildatum(self) -> dt.date | None:
        """A day from the beginning of the register, and not so far ahead that nothing is known."""
        day: dt.date | None = self.cleaned_data["peildatum"]
        if day and day < REGISTER_BEGINS:
            raise forms.ValidationError(
                _("The register begins on 1 January 2015. Choose that day or a later one.")
            )
        if day and day > today() + LOOKS_AHEAD:
            raise forms.ValidationError(_("Choose a day at most five years from now."))
        return day

    @property
    def day(self) -> dt.date:
        """The day that a valid form asks for."""
        return self.cleaned_data["peildatum"] or today()


class RegisterFilter(ReferenceDayForm):
    """The filters of the register: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=_("Name or code"), required=False, max_length=100)
    province = SeveralField(label=_("Province"), choices=partial(kept_areas.choices, kept_areas.PROVINCE))
    region = SeveralField(label=_("Safety region"), choices=partial(kept_areas.choices, kept_areas.REGION))
    size = SeveralField(label=_("Size"), choices=SizeClass.choices)
    group = SeveralField(label=_("Group"), choices=partial(kept_areas.choices, kept_areas.GROUP))
    coverage = SeveralField(label=_("Coverage"), choices=COVERAGE_CHOICES)
    review = SeveralField(label=_("Review"), choices=CoverageStatement.Review.choices)

    field_order = ("q", "province", "region", "size", "group", "coverage", "review", "peildatum")

    @property
    def looks_at_coverage(self) -> bool:
        """Whether a valid form filters by coverage, which makes a query several times as heavy."""
        return bool(self.cleaned_data["coverage"] or self.cleaned_data["review"])

    def apply(self, municipalities: MunicipalityQuerySet) -> MunicipalityQuerySet:
        """Those of the municipalities that a valid form asks for; they carry coverage if it looks at that."""
        chosen = self.cleaned_data
        found = municipalities.search(chosen["q"])
        if chosen["province"]:
            found = found.filter(province__code__in=chosen["province"])
        if chosen["region"]:
            found = found.filter(safety_region__code__in=chosen["region"])
        if chosen["size"]:
            found = found.filter(reduce(or_, map(population_in, chosen["size"])))
        if chosen["group"]:
            found = found.filter(Exists(self._memberships(chosen["group"])))
        if chosen["coverage"]:
            found = found.filter(coverage__in=chosen["coverage"])
        if chosen["review"]:
            found = found.filter(statement__review__in=chosen["review"])
        return found

    def _memberships(self, groups: list[str]) -> QuerySet[GroupMembership]:
        """A municipality's memberships of these groups on the day."""
        return GroupMembership.objects.held(on=self.day).filter(
            municipality=OuterRef("pk"), group__code__in=groups
        )


class Period(models.TextChoices):
    """How the period of a policy lies to today."""

    CURRENT = "current", _("holds today")
    COMING = "coming", _("has yet to begin")
    ENDED = "ended", _("has ended")


def in_period(state: Period, on: dt.date) -> Q:
    """That a policy's period lies so to the day; an unknown side is read as open."""
    if state == Period.COMING:
        return Q(starts_on__gt=on)
    if state == Period.ENDED:
        return Q(ends_on__lt=on)
    return Q(pk__in=SafetyPolicy.objects.current(on=on).values("pk"))


class PolicyFilter(forms.Form):
    """The filters of the list: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=_("Title or municipality"), required=False, max_length=100)
    state = SeveralField(label=_("Period"), choices=Period.choices)
    kind = SeveralField(label=_("Kind"), choices=SafetyPolicy.Kind.choices)
    answer = SeveralField(
        label=_("Confirmation"),
        choices=[
            (PolicyParticipation.Status.CONFIRMED.value, _("confirmed by a municipality")),
            (PolicyParticipation.Status.PROPOSED.value, _("waits for an answer")),
        ],
    )
    own = SeveralField(label=_("Mine"), choices=[("yes", _("of my municipalities"))])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def apply(self, policies: QuerySet[SafetyPolicy]) -> QuerySet[SafetyPolicy]:
        """Those of the policies that a valid form asks for."""
        chosen, on = self.cleaned_data, today()
        found = policies
        if chosen["q"]:
            named = PolicyParticipation.objects.filter(
                municipality__in=Municipality.objects.search(chosen["q"])
            )
            found = found.filter(title__icontains=chosen["q"]) | found.filter(pk__in=named.values("policy"))
        if chosen["state"]:
            found = found.filter(reduce(or_, (in_period(Period(one), on) for one in chosen["state"])))
        if chosen["kind"]:
            found = found.filter(kind__in=chosen["kind"])
        if chosen["answer"] or chosen["own"]:
            found = found.filter(pk__in=self._participations().values("policy"))
        return found

    def _participations(self) -> QuerySet[PolicyParticipation]:
        """The participations asked for: one municipality has to meet both conditions."""
        found = PolicyParticipation.objects.all()
        if self.cleaned_data["answer"]:
            found = found.filter(status__in=self.cleaned_data["answer"])
        if self.cleaned_data["own"]:
            own = Municipality.objects.editable_by(self.user)
            found = found.exclude(status=PolicyParticipation.Status.DECLINED).filter(municipality__in=own)
        return found
