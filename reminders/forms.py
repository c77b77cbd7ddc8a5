"""The forms of the reminders' pages."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from policytracker.dates import today

LOOKS_AHEAD = dt.timedelta(days=366)


class OutlookForm(forms.Form):
    """For which day one wants to see what goes out; today unless the address says otherwise."""

    peildatum = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={"invalid": _("We cannot read this day. Write it as 2026-12-31 or 31-12-2026.")},
    )

    def clean_peildatum(self) -> dt.date:
        """A day from today on, and not so far ahead that too much will have changed by then."""
        day: dt.date = self.cleaned_data["peildatum"] or today()
        if day < today():
            raise forms.ValidationError(
                _("Choose today or a later day. What went out before stands in the ledger.")
            )
        if day > today() + LOOKS_AHEAD:
            raise forms.ValidationError(_("Choose a day at most a year from now."))
        return day
