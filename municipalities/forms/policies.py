"""The form of a safety policy: what it is called, for which years, with whom, and the document itself."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.layout import Fieldset, Row
from django import forms
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from municipalities.actions import (
    decide_participation,
    propose_participation,
    provenance_of,
    store_document,
)
from municipalities.forms.coverage import EARLIEST, LONGEST_PERIOD
from municipalities.models import Municipality, PolicyParticipation, SafetyPolicy
from policytracker.dates import today
from policytracker.documents import DocumentField
from policytracker.forms import DateInput, RevisedForm

LATEST_START = dt.timedelta(days=3 * 366)
CVDR_ID = RegexValidator(
    r"(?i)^CVDR[0-9]{4,9}(_[0-9]{1,3})?$", _("Write it as CVDR and the number: CVDR675718.")
)


class PolicyForm(RevisedForm):
    """A safety policy of a municipality, new or changed.

    Municipalities of the region that share it are asked whether it is theirs too. Whoever changes what a
    public source proposed has looked at it: the municipality stands behind it from then on.
    """

    upload = DocumentField(label=_("Document"), required=False)
    without_document = forms.BooleanField(label=_("Remove the document that is there"), required=False)
    shared_with = forms.ModelMultipleChoiceField(
        label=_("Municipalities that share this policy"),
        queryset=Municipality.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Their safety officers are asked whether it is their policy too."),
    )

    class Meta:
        model = SafetyPolicy
        fields = ["title", "kind", "starts_on", "ends_on", "adopted_on", "cvdr_id", "successor"]
        widgets = {"starts_on": DateInput, "ends_on": DateInput, "adopted_on": DateInput}
        labels = {
            "starts_on": _("First day of its period"),
            "ends_on": _("Last day of its period"),
            "adopted_on": _("Adopted by the council on"),
            "successor": _("Succeeded by"),
        }
        help_texts = {
            "cvdr_id": _("The number on lokaleregelgeving.overheid.nl, such as CVDR675718."),
            "successor": _("The policy that takes its place."),
        }

    submit_label = _("Save the policy")

    def __init__(
        self,
        *args: Any,
        municipality: Municipality,
        predecessor: SafetyPolicy | None = None,
        **kwargs: Any,
    ) -> None:
        self.municipality = municipality
        self.predecessor = predecessor
        super().__init__(*args, **kwargs)

    def layout(self) -> Sequence[Any]:
        """The fields, in the order in which somebody with the plan on the desk finds them."""
        asked = [
            (_("The policy"), ["title", "kind", Row("starts_on", "ends_on"), "adopted_on"]),
            (_("The document"), ["upload", "without_document"]),
            (_("Together with others"), [InlineCheckboxes("shared_with")] if self.has_neighbours else []),
            (_("In the public register"), ["cvdr_id", "successor"]),
        ]
        offered = [
            (legend, [one for one in names if not isinstance(one, str) or one in self.fields])
            for legend, names in asked
        ]
        return [Fieldset(legend, *names) for legend, names in offered if names]

    def prepare(self) -> None:
        """Offer neighbours that are not asked yet, and policies that came later."""
        for name in ("starts_on", "ends_on"):
            self.fields[name].required = True
        self.fields["cvdr_id"].validators.append(CVDR_ID)
        neighbours = self.neighbours()
        self.has_neighbours = neighbours.exists()
        if self.has_neighbours:
            self.fields["shared_with"].queryset = neighbours  # type: ignore[attr-defined]
        else:
            del self.fields["shared_with"]
        successors = self.successors()
        if self.is_new or not successors.exists():
            del self.fields["successor"]
        else:
            self.fields["successor"].queryset = successors  # type: ignore[attr-defined]
        if not self.instance.document_id:
            del self.fields["without_document"]
        if self.predecessor and self.predecessor.ends_on:
            self.initial.setdefault("starts_on", self.predecessor.ends_on + dt.timedelta(days=1))
            self.initial.setdefault("kind", self.predecessor.kind)

    def neighbours(self) -> QuerySet[Municipality]:
        """The municipalities of the same safety region that are not named in the policy yet."""
        region = self.municipality.safety_region_id
        others = Municipality.objects.in_register().exclude(pk=self.municipality.pk)
        there = PolicyParticipation.objects.filter(policy=self.instance.pk).values("municipality")
        return others.filter(safety_region=region, safety_region__isnull=False).exclude(pk__in=there)

    def successors(self) -> QuerySet[SafetyPolicy]:
        """The municipality's policies that begin after this one."""
        starts_on = self.instance.starts_on
        later = SafetyPolicy.objects.of(self.municipality).exclude(pk=self.instance.pk)
        return later.filter(starts_on__gt=starts_on) if starts_on else later

    def clean_starts_on(self) -> dt.date:
        """A day since 2000, and not further ahead than a council plans."""
        starts_on = self.cleaned_data["starts_on"]
        if not EARLIEST <= starts_on <= today() + LATEST_START:
            raise forms.ValidationError(_("Give a day in or after 2000, at most three years from now."))
        return starts_on

    def clean_adopted_on(self) -> dt.date | None:
        """A day in the past."""
        adopted_on = self.cleaned_data["adopted_on"]
        if adopted_on and not EARLIEST <= adopted_on <= today():
            raise forms.ValidationError(_("Give a day in the past, in or after 2000."))
        return adopted_on

    def clean_cvdr_id(self) -> str:
        """The number in capitals, as the register writes it."""
        return self.cleaned_data["cvdr_id"].strip().upper()

    def clean(self) -> dict[str, Any] | None:
        """A period that a policy can have, and no second policy of the same kind for the same days."""
        cleaned = super().clean()
        starts_on, ends_on = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if starts_on and ends_on:
            if ends_on < starts_on:
                self.add_error("ends_on", _("The last day comes after the first day."))
            elif ends_on - starts_on > LONGEST_PERIOD:
                self.add_error("ends_on", _("A safety policy lasts at most ten years. Is the year right?"))
            elif (other := self._overlapping(starts_on, ends_on)) is not None:
                self.add_error(
                    "starts_on",
                    _("This period overlaps that of your policy “%(title)s” (%(period)s).")
                    % {"title": other.title, "period": other.period},
                )
        return cleaned

    def _overlapping(self, starts_on: dt.date, ends_on: dt.date) -> SafetyPolicy | None:
        return (
            SafetyPolicy.objects.of(self.municipality)
            .overlapping(starts_on, ends_on)
            .filter(kind=self.cleaned_data.get("kind"))
            .exclude(pk=self.instance.pk)
            .first()
        )

    @transaction.atomic
    def save_by(self, by: User) -> SafetyPolicy:
        """Save the policy as the municipality's own, its document, and ask those who share it."""
        policy = self.instance
        columns = self.changed_columns
        if checked := self.cleaned_data["upload"]:
            policy.document = store_document(by=by, checked=checked)
            columns.append("document")
        elif self.cleaned_data.get("without_document"):
            policy.document = None
            columns.append("document")
        if self.is_new:
            policy.provenance = provenance_of(by)
            policy.save(force_insert=True)
        elif columns:
            policy.provenance = provenance_of(by)
            policy.save(update_fields=[*columns, "provenance"])
        if self.is_new or by.role == Role.OFFICER:
            decide_participation(by=by, policy=policy, municipality=self.municipality, ours=True)
        propose_participation(policy=policy, municipalities=self.cleaned_data.get("shared_with", ()))
        if self.predecessor is not None:
            SafetyPolicy.objects.filter(pk=self.predecessor.pk, successor=None).update(successor=policy)
        return policy
