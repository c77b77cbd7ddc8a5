"""The forms in which offers are kept, and in which a municipality's use of one is recorded."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from measures.forms.attributed import AttributedForm
from measures.models import SupportOffer, SupportUse
from municipalities.forms.coverage import EARLIEST
from municipalities.models import Municipality
from policytracker.dates import today
from policytracker.forms import DateInput

LINES = forms.Textarea(attrs={"rows": 5})
MOST_STAFF = 5_000


class SupportOfferForm(AttributedForm):
    """A training, tool, guide, advice or grant, in Dutch and in English."""

    source_url = forms.URLField(
        label=_("Web address with more about it"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = SupportOffer
        fields = [
            "name",
            "kind",
            "provider",
            "audience",
            "text_nl",
            "text_en",
            "source_url",
            "has_ended",
        ]
        labels = {
            "audience": _("Meant for"),
            "has_ended": _("This offer has ended"),
        }
        help_texts = {
            "provider": _("Write it as in the list, so that all offers of one provider are found together."),
            "has_ended": _("It stays in the list, marked and at the end. What was used is kept."),
        }
        widgets = {"text_nl": LINES, "text_en": LINES}


class SupportUseForm(AttributedForm):
    """That a municipality used the offer of the form's instance: when, for how many, with what result."""

    submit_label = _("Record the use")

    municipality = forms.ModelChoiceField(
        label=_("Municipality"),
        queryset=Municipality.objects.none(),
        empty_label=_("Choose a municipality"),
    )
    used_on = forms.DateField(
        label=_("Day on which it was used"),
        widget=DateInput,
        help_text=_("Of a training of several days, the first."),
    )
    staff = forms.IntegerField(
        label=_("Number of staff"),
        required=False,
        min_value=1,
        max_value=MOST_STAFF,
        help_text=_("Other municipalities see only the total of all municipalities together."),
    )
    note = forms.CharField(
        label=_("What it brought"),
        required=False,
        max_length=2000,
        widget=LINES,
        help_text=_("Other municipalities read this too. Write nothing about persons."),
    )

    class Meta:
        model = SupportUse
        fields = ["municipality", "used_on", "staff", "note"]

    def __init__(self, *args: Any, municipalities: QuerySet[Municipality], **kwargs: Any) -> None:
        self.municipalities = municipalities
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        """Ask for the municipality where there are several, and never once the use is recorded."""
        if not self.is_new:
            del self.fields["municipality"]
            return
        municipality = cast("forms.ModelChoiceField[Municipality]", self.fields["municipality"])
        municipality.queryset = self.municipalities
        own = list(self.municipalities[:2])
        if len(own) == 1:
            municipality.widget = forms.HiddenInput()
            self.initial["municipality"] = own[0].pk

    def clean_used_on(self) -> dt.date:
        """A day that has come, since 2000; before today where the offer has ended."""
        used_on: dt.date = self.cleaned_data["used_on"]
        if not EARLIEST <= used_on <= today():
            raise forms.ValidationError(_("Give today or a day in the past, in or after 2000."))
        if self.instance.offer.has_ended and used_on == today():
            raise forms.ValidationError(_("This offer has ended. Give a day in the past."))
        return used_on

    def clean(self) -> dict[str, Any] | None:
        """Each municipality uses an offer once a day: who records it twice is told."""
        cleaned = super().clean()
        municipality = self.cleaned_data.get("municipality", self.instance.municipality_id)
        same = SupportUse.objects.filter(
            offer=self.instance.offer_id, municipality=municipality, used_on=self.cleaned_data.get("used_on")
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("used_on", _("This use has been recorded already."))
        return cleaned

    def save_by(self, by: User) -> SupportUse:
        """Write it, with who recorded it first."""
        if self.is_new:
            self.instance.recorded_by = by
        return super().save_by(by)
