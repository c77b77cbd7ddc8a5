"""The forms of action plans."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout, Row, Submit
from django import forms
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from measures.models import ActionPlan, Theme
from municipalities.models import Municipality
from policytracker.dates import today
from policytracker.documents import DocumentField
from policytracker.forms import DRAFT, DateInput, RevisedForm

EARLIEST = dt.date(2000, 1, 1)
LONGEST_PERIOD = dt.timedelta(days=10 * 366)


class PlanForm(RevisedForm):
    """What stands in a plan itself."""

    themes = forms.MultipleChoiceField(
        label=gettext_lazy("Themes"),
        choices=lambda: [(theme.value, capfirst(str(theme.label))) for theme in Theme],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Which forms of extremism is the plan about? Several are possible."),
    )
    document = DocumentField(label=gettext_lazy("Document"), required=False)

    class Meta:
        model = ActionPlan
        fields = ("title", "description", "themes", "starts_on", "ends_on")
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "starts_on": DateInput,
            "ends_on": DateInput,
        }
        help_texts = {
            "description": gettext_lazy("In a few sentences, without data about persons."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if document := self.instance.document:
            address = reverse("plans:document", args=[self.instance.pk])
            self.initial["document"] = KeptFile(document.name, address)

    def layout(self) -> Sequence[Any]:
        """The fields in the order in which they are asked."""
        return ["title", "description", "themes", Row("starts_on", "ends_on"), "document"]

    @property
    def lost_file(self) -> bool:
        """Whether a file came in that must be chosen once more, since a browser fills in none."""
        return bool(self.files) and self.status != 200

    def clean_starts_on(self) -> dt.date:
        """A day since 2000."""
        starts_on = cast(dt.date, self.cleaned_data["starts_on"])
        if starts_on < EARLIEST:
            raise forms.ValidationError(_("Give a day in or after 2000."))
        return starts_on

    def clean_ends_on(self) -> dt.date:
        """A day after the first one, within ten years."""
        ends_on, starts_on = cast(dt.date, self.cleaned_data["ends_on"]), self.cleaned_data.get("starts_on")
        if starts_on and ends_on < starts_on:
            raise forms.ValidationError(_("The last day comes after the first day."))
        if starts_on and ends_on - starts_on > LONGEST_PERIOD:
            raise forms.ValidationError(_("A plan lasts at most ten years. Is the year right?"))
        return ends_on


@dataclass(frozen=True)
class KeptFile:
    """The document that a plan has, as a form shows it."""

    name: str
    url: str

    def __str__(self) -> str:
        return self.name


class PartnersForm(forms.Form):
    """Which other municipalities take part: neighbours by a tick, others by name."""

    neighbours = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Municipalities in the same safety region"),
        queryset=Municipality.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    others = forms.CharField(
        label=gettext_lazy("Other municipalities"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Names or codes, with a comma between them."),
    )

    def offer(self, municipality: Municipality | None, taking_part: Collection[int]) -> None:
        """Offer the municipalities around this one; who takes part already is not asked again."""
        self.candidates = Municipality.objects.in_register().exclude(pk__in=taking_part)
        region = municipality.safety_region_id if municipality else None
        neighbours = cast(forms.ModelMultipleChoiceField, self.fields["neighbours"])
        neighbours.queryset = (
            self.candidates.filter(safety_region=region) if region else self.candidates.none()
        )

    def clean_others(self) -> list[Municipality]:
        """The municipalities that are meant by what was typed.

        The name of Nuenen, Gerwen en Nederwetten has a comma itself; each half of it names the same one.
        """
        names = self.cleaned_data["others"].replace("\n", ",").split(",")
        return [self.named(name.strip()) for name in names if name.strip()]

    def named(self, name: str) -> Municipality:
        """The municipality of this name or code, however it is typed; part of it will do if it is clear."""
        found = list(self.candidates.search(name))
        exact = [each for each in found if name.casefold() in names_of(each)]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if not found:
            raise forms.ValidationError(
                _("We find no municipality “%(name)s” that you can still ask.") % {"name": name}
            )
        several = ", ".join(each.name for each in found[:5])
        raise forms.ValidationError(
            _("“%(name)s” can be several municipalities: %(several)s. Write the whole name or the code.")
            % {"name": name, "several": several}
        )

    @property
    def partners(self) -> list[Municipality]:
        """The municipalities that a valid form asks for, each once."""
        chosen = [*self.cleaned_data["neighbours"], *self.cleaned_data["others"]]
        return list({each.pk: each for each in chosen}.values())


def names_of(municipality: Municipality) -> set[str]:
    """The names and code of a municipality, without capitals."""
    names = [municipality.code, municipality.name, *municipality.other_names.splitlines()]
    return {name.strip().casefold() for name in names}


class NewPlanForm(PartnersForm, PlanForm):
    """A plan that begins, and who is asked to take part."""

    submit_label = gettext_lazy("Make the plan")

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(municipality, [municipality.pk])

    def layout(self) -> Sequence[Any]:
        """The plan first, then who takes part."""
        return [*super().layout(), partners_layout()]

    @property
    def plan_fields(self) -> dict[str, Any]:
        """What a valid form holds of the plan itself."""
        return {name: self.cleaned_data[name] for name in self.row_fields}


def partners_layout() -> Fieldset:
    """The municipalities under one heading, those of the region in columns."""
    return Fieldset(_("Who takes part too?"), InlineCheckboxes("neighbours"), "others")


class InviteForm(PartnersForm):
    """Who is asked to take part in a plan that is there."""

    def __init__(
        self, *args: Any, municipality: Municipality | None, taking_part: Collection[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer(municipality, taking_part)
        self.helper = FormHelper()
        self.helper.form_class = "pt-form"
        self.helper.attrs = DRAFT
        self.helper.layout = Layout(
            InlineCheckboxes("neighbours"), "others", Submit("submit", _("Ask these municipalities"))
        )

    def clean(self) -> dict[str, Any]:
        """At least one municipality."""
        cleaned = super().clean() or {}
        if not self.errors and not self.partners:
            self.add_error("others", _("Tick a municipality, or write a name."))
        return cleaned


class AdoptForm(RevisedForm):
    """On which day the plan was adopted; it is the plan that was looked at, or it is looked at again."""

    submit_label = gettext_lazy("Adopt the plan")

    adopted_on = forms.DateField(
        label=gettext_lazy("Adopted on"),
        widget=DateInput,
        help_text=gettext_lazy("The day on which the mayor and aldermen, or the council, adopted the plan."),
    )

    class Meta:
        model = ActionPlan
        fields = ("adopted_on",)

    def clean_adopted_on(self) -> dt.date:
        """A day in the past since 2000, not before that of the version that it follows."""
        adopted_on = cast(dt.date, self.cleaned_data["adopted_on"])
        if not EARLIEST <= adopted_on <= today():
            raise forms.ValidationError(_("Give a day in the past, in or after 2000."))
        previous = self.instance.previous_version
        if previous and previous.adopted_on and adopted_on < previous.adopted_on:
            raise forms.ValidationError(_("The version before this one was adopted on a later day."))
        return adopted_on
