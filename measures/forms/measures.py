"""The forms of measures: one measure, one that is taken over, its progress and its status."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes, PrependedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout, Row, Submit
from django import forms
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from measures.measure_status import Status, steps
from measures.models import ActionPlan, Measure, MeasurePartner, Partner, PlanParticipation
from municipalities.actions import provenance_of
from municipalities.models import Contact, Municipality
from policytracker.dates import today
from policytracker.forms import DRAFT, DateInput, RevisedForm
from policytracker.person_data import GuardedForm

LONGEST_TEXT = 5000


class ContactField(forms.ModelChoiceField):
    """An official to choose from, by name and job; of another municipality only where from."""

    def __init__(self, own: QuerySet[Contact]) -> None:
        self.own = {contact.pk for contact in own}
        super().__init__(
            own, required=False, label=gettext_lazy("Responsible contact"), empty_label=gettext_lazy("none")
        )

    def label_from_instance(self, obj: Any) -> str:
        """The name and the job; who belongs to another municipality is not named."""
        if obj.pk not in self.own:
            return _("a contact of %(municipality)s") % {"municipality": obj.municipality.name}
        return f"{obj.name}, {obj.job_title}" if obj.job_title else obj.name


class MeasureForm(RevisedForm):
    """All of a measure but its status, which has buttons of its own."""

    other_partner = forms.CharField(
        label=gettext_lazy("Another partner"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("The name of an organisation, never of a person."),
    )

    submit_label = gettext_lazy("Save the measure")

    class Meta:
        model = Measure
        fields = (
            "title",
            "category",
            "phase",
            "due_on",
            "description",
            "embedding",
            "starts_on",
            "lead_organisation",
            "contact",
            "partners",
            "budget",
            "funding_source",
            "indicator",
            "target",
        )
        widgets = {
            "due_on": DateInput,
            "starts_on": DateInput,
            "description": forms.Textarea(attrs={"rows": 5}),
            "embedding": forms.RadioSelect,
            "partners": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, by: User, plan: ActionPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_new:
            self.instance.plan = plan
            self.instance.provenance = provenance_of(by)
        parts = PlanParticipation.objects.confirmed().filter(plan=plan)
        municipalities = parts.values("municipality")
        self.fields["contact"] = contact = ContactField(
            Contact.objects.visible_to(by).filter(municipality__in=municipalities)
        )
        contact.queryset = Contact.objects.filter(
            Q(pk__in=contact.own) | Q(pk=self.instance.contact_id)
        ).select_related("municipality")
        used = MeasurePartner.objects.filter(measure__plan__participations__municipality__in=municipalities)
        self.fields["partners"].queryset = Partner.objects.filter(  # type: ignore[attr-defined]
            ~Q(kind=Partner.Kind.OTHER) | Q(pk__in=used.values("partner"))
        )
        self.fields["partners"].help_text = ""
        self.fields["embedding"].choices = Measure.Embedding.choices  # type: ignore[attr-defined]

    def layout(self) -> Sequence[Any]:
        """First what every measure needs; the rest may wait."""
        return (
            Fieldset(_("The measure"), "title", Row("category", "phase"), "due_on"),
            Fieldset(_("What and how"), "description", InlineCheckboxes("embedding"), "starts_on"),
            Fieldset(_("Who"), "lead_organisation", "contact", InlineCheckboxes("partners"), "other_partner"),
            Fieldset(
                _("Money and result"),
                Row(PrependedText("budget", "€"), "funding_source"),
                Row("indicator", "target"),
            ),
        )

    def clean_budget(self) -> Decimal | None:
        """An amount of nothing or more."""
        budget: Decimal | None = self.cleaned_data["budget"]
        if budget is not None and budget < 0:
            raise forms.ValidationError(_("Give an amount of 0 or more."))
        return budget

    def clean(self) -> dict[str, Any] | None:
        """Refuse a measure that is due before it starts, beside the day."""
        cleaned = super().clean()
        starts_on, due_on = self.cleaned_data.get("starts_on"), self.cleaned_data.get("due_on")
        if starts_on and due_on and due_on < starts_on:
            self.add_error("due_on", _("A measure is due after it starts."))
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> Measure:
        """Write the measure, with the partner that was typed; other partners are a change of it too."""
        measure: Measure = super().save(commit)
        if name := self.cleaned_data["other_partner"]:
            partner = Partner.objects.filter(name__iexact=name).first()
            partner = partner or Partner.objects.create(name=name, kind=Partner.Kind.OTHER)
            measure.partners.add(partner)
        if not self.is_new and {"partners", "other_partner"} & set(self.changed_data):
            Measure.objects.filter(pk=measure.pk).update(revision=F("revision") + 1)
        return measure


class TakeOverForm(GuardedForm, forms.Form):
    """What a municipality must still say of a measure that it takes over: three fields at most."""

    def __init__(self, *args: Any, municipality: Municipality, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = ActionPlan.objects.open().of(municipality)
        self.plans = list(plans)
        if len(self.plans) > 1:
            self.fields["plan"] = forms.ModelChoiceField(
                plans, label=_("In which plan?"), empty_label=None, widget=forms.RadioSelect
            )
            self.initial["plan"] = self.plans[0].pk
        self.fields["due_on"] = forms.DateField(label=_("Due on"), required=False, widget=DateInput)
        contacts = Contact.objects.visible_to(by).filter(municipality=municipality)
        contact = ContactField(contacts)
        if contact.own:
            self.fields["contact"] = contact
        else:
            self.fields["lead_organisation"] = forms.CharField(
                label=_("Lead organisation"), required=False, max_length=200
            )
        self.helper = FormHelper()
        self.helper.attrs = DRAFT
        self.helper.layout = Layout(*self.fields, Submit("submit", _("Take over as a draft")))

    def clean_due_on(self) -> Any:
        """A day that has not passed: the measure would be late at once."""
        due_on = self.cleaned_data["due_on"]
        if due_on and due_on < today():
            raise forms.ValidationError(_("Give a day from today on."))
        return due_on

    @property
    def plan(self) -> ActionPlan | None:
        """The plan that a valid form asks for; None where the municipality has no open one."""
        return self.cleaned_data.get("plan") or next(iter(self.plans), None)

    @property
    def details(self) -> dict[str, Any]:
        """The fields of the measure that a valid form fills in."""
        return {name: value for name, value in self.cleaned_data.items() if name != "plan"}


class ProgressForm(GuardedForm, forms.Form):
    """What there is to report about a measure, and how far it is now if that changed."""

    text = forms.CharField(
        label=gettext_lazy("What has happened?"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In a few sentences, without data about persons."),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("New status"),
        required=False,
        help_text=gettext_lazy("When it stops, what you write above is the reason."),
    )

    def __init__(self, *args: Any, measure: Measure, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        same = _("unchanged: %(status)s") % {"status": measure.get_status_display()}
        offered = [(step.status, Status(step.status).label) for step in steps(measure.status, by=by)]
        # Any status is understood, so that one which may not follow is told as such.
        status.choices = Status.choices  # type: ignore[attr-defined]
        status.widget.choices = [("", same), *offered]
        self.helper = FormHelper()
        self.helper.form_action = reverse("measures:progress", args=[measure.pk])
        self.helper.attrs = DRAFT
        self.helper.layout = Layout("text", "status", Submit("submit", _("Report progress")))


class StatusForm(GuardedForm, forms.Form):
    """A new status, and why: whoever stops a measure must say so."""

    status = forms.ChoiceField(choices=Status.choices, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It is kept with each measure, as an update on its progress."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.data.get("status") or self.initial.get("status")
        self.fields["reason"].required = asked == Status.STOPPED


class MunicipalityForm(forms.Form):
    """For which municipality? Where an address does not say so and there are several."""

    gemeente = forms.ChoiceField(label=gettext_lazy("Municipality"))

    def __init__(self, choices: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.fields["gemeente"].choices = choices  # type: ignore[attr-defined]
