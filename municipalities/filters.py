"""By what the register can be filtered, and on which day it is shown."""

import datetime as dt
from functools import partial, reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from municipalities import kept_areas
from municipalities.coverage import COVERED, Coverage
from municipalities.models import CoverageStatement, GroupMembership
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.sizes import SizeClass, population_in
from policytracker.dates import today

REGISTER_BEGINS = dt.date(2015, 1, 1)
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


class DateInput(forms.DateInput):
    """The browser's own date picker, which wants ISO dates."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


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
