"""The form in which an officer states coverage with its evidence."""

import datetime as dt
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from municipalities.actions import register_policy, state_coverage
from municipalities.coverage import COVERED, Coverage
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.dates import today
from policytracker.forms import DRAFT, AlternativeField, DateInput
from policytracker.person_data import GuardedForm

ANOTHER = "another"
EARLIEST = dt.date(2000, 1, 1)
LONGEST_PERIOD = dt.timedelta(days=10 * 366)
LATEST_PREPARATION = dt.timedelta(days=5 * 366)

EXPLAINED = {
    Coverage.PRIORITY: _("Named as a priority in the safety policy"),
    Coverage.INCLUDED: _("Part of the safety policy, but not a priority"),
    Coverage.SEPARATE_PLAN: _("In a separate plan of the municipality"),
    Coverage.REGIONAL_PLAN: _("In a plan of the region that counts for us"),
    Coverage.IN_PREPARATION: _("Not yet: it is being prepared"),
    Coverage.REASONED_NO: _("No: a local analysis shows that it is not needed"),
    Coverage.ABSENT: _("No: the theme is not in our policy"),
}

# Which fields belong to which answer; the others are hidden and not kept.
FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(COVERED, ("policy", "page", "quotation", "decided_on")),
    Coverage.REASONED_NO: ("analysis",),
    Coverage.IN_PREPARATION: ("expected_on",),
    Coverage.ABSENT: (),
}
ANOTHER_FIELDS = {"policy_title", "policy_kind", "policy_starts_on", "policy_ends_on"}
STATEMENT_FIELDS = {"value", "page", "quotation", "decided_on", "analysis", "expected_on"}


class CoverageForm(GuardedForm, forms.Form):
    """Is radicalisation part of the municipality's safety policy, and where does that stand?

    A field is asked for, and kept, only with the answers that it belongs to; what was typed in another one
    comes back when the form is shown again.
    """

    value = forms.ChoiceField(
        label=_("Is radicalisation part of your safety policy?"),
        choices=[(value.value, label) for value, label in EXPLAINED.items()],
        widget=forms.RadioSelect,
    )
    policy = forms.ChoiceField(label=_("Which policy is it in?"), widget=forms.RadioSelect)
    policy_title = forms.CharField(label=_("Title of the policy"), max_length=300)
    policy_kind = forms.ChoiceField(label=_("Kind of policy"), choices=SafetyPolicy.Kind)
    policy_starts_on = forms.DateField(label=_("First day of its period"), widget=DateInput)
    policy_ends_on = forms.DateField(label=_("Last day of its period"), widget=DateInput)
    page = AlternativeField(label=_("Page"), max_length=50, help_text=_("For instance 12, or 12–14."))
    quotation = AlternativeField(
        label=_("Quotation"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence from the policy that shows it. A page or a quotation is enough."),
    )
    decided_on = forms.DateField(label=_("Day of the council's decision"), required=False, widget=DateInput)
    analysis = forms.CharField(
        label=_("What does your local analysis say?"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("In a few sentences, without data about persons. We ask again in a year."),
    )
    expected_on = forms.DateField(label=_("When do you expect the council's decision?"), widget=DateInput)

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the statement that was in force

    use_required_attribute = False  # a field that is hidden must not hold up the form

    def __init__(
        self,
        *args: Any,
        municipality: Municipality,
        statement: CoverageStatement | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.municipality = municipality
        self.statement = statement
        self.is_overtaken = False
        self.initial["seen"] = statement.pk if statement else None
        self.policies = {str(policy.pk): policy for policy in self.selectable_policies()}
        policy = cast(forms.ChoiceField, self.fields["policy"])
        policy.choices = [
            *((key, describe(known)) for key, known in self.policies.items()),
            (ANOTHER, _("Another policy: I describe it here")),
        ]
        if not self.policies:
            self.initial["policy"] = ANOTHER
        self.helper = FormHelper()
        self.helper.form_class = "pt-form coverage-form"
        self.helper.attrs = DRAFT
        self.helper.render_hidden_fields = True
        self.helper.layout = Layout(
            "value",
            Div(
                "policy",
                Div(
                    "policy_title",
                    "policy_kind",
                    "policy_starts_on",
                    "policy_ends_on",
                    css_class="coverage-form__another",
                ),
                "page",
                "quotation",
                "decided_on",
                css_class="coverage-form__covered",
            ),
            Div("analysis", css_class="coverage-form__reasoned-no"),
            Div("expected_on", css_class="coverage-form__in-preparation"),
            Submit("submit", _("State the coverage")),
        )

    def selectable_policies(self) -> list[SafetyPolicy]:
        """The policies that hold today and that the municipality did not decline, the newest first."""
        return list(
            SafetyPolicy.objects.current().filter(
                participations__in=PolicyParticipation.objects.filter(municipality=self.municipality).exclude(
                    status=PolicyParticipation.Status.DECLINED
                ),
            )
        )

    def asked_for(self) -> set[str]:
        """The names of the fields that belong to the posted answer."""
        names = {"value", "seen", *FIELDS.get(self.data.get("value", ""), ())}
        if "policy" in names and self.data.get("policy") == ANOTHER:
            names |= ANOTHER_FIELDS
        return names

    def full_clean(self) -> None:
        """Look at the fields that belong to the answer only, whatever stands in the others."""
        every_field = self.fields
        if self.is_bound:
            asked_for = self.asked_for()
            self.fields = {name: field for name, field in every_field.items() if name in asked_for}
        super().full_clean()
        self.fields = every_field | self.fields  # with the guard's question, if it has one

    def clean_decided_on(self) -> dt.date | None:
        """A day in the past, since 2000."""
        decided_on = self.cleaned_data["decided_on"]
        if decided_on and not EARLIEST <= decided_on <= today():
            raise forms.ValidationError(_("Give a day in the past, in or after 2000."))
        return decided_on

    def clean_expected_on(self) -> dt.date:
        """A day from today on, within five years."""
        expected_on = self.cleaned_data["expected_on"]
        if not today() <= expected_on <= today() + LATEST_PREPARATION:
            raise forms.ValidationError(_("Give a day from today on, within five years."))
        return expected_on

    def clean_policy_starts_on(self) -> dt.date:
        """A day since 2000 that has come: a policy of the future covers nothing yet."""
        starts_on = self.cleaned_data["policy_starts_on"]
        if starts_on < EARLIEST:
            raise forms.ValidationError(_("Give a day in or after 2000."))
        if starts_on > today():
            raise forms.ValidationError(_("This policy has not begun. Answer that it is being prepared."))
        return starts_on

    def clean_policy_ends_on(self) -> dt.date:
        """A day that has not passed, within ten years of the first day."""
        ends_on, starts_on = self.cleaned_data["policy_ends_on"], self.cleaned_data.get("policy_starts_on")
        if ends_on < today():
            raise forms.ValidationError(_("This policy has ended. Describe the one that holds now."))
        if starts_on and ends_on - starts_on > LONGEST_PERIOD:
            raise forms.ValidationError(_("A safety policy lasts at most ten years. Is the year right?"))
        return ends_on

    def clean(self) -> dict[str, Any]:
        """Evidence for what is covered, and no second policy of the same kind for the same days."""
        cleaned = super().clean() or {}
        self._look_for_a_newer_statement(cleaned.get("seen"))
        if cleaned.get("value") in COVERED and not (cleaned.get("page") or cleaned.get("quotation")):
            self.add_error("page", _("Give the page or a quotation, so that others can find it."))
        if cleaned.get("policy_ends_on") and cleaned.get("policy_starts_on"):
            overlapping = self.overlapping_policy(cleaned)
            if overlapping is not None:
                told = _("This period overlaps that of your policy “%(title)s” (%(period)s).") % {
                    "title": overlapping.title,
                    "period": overlapping.period,
                }
                if str(overlapping.pk) in self.policies:
                    advice = _("Choose that policy above.")
                else:
                    advice = _("Is its period right? Correct it under Safety policies first.")
                self.add_error("policy_starts_on", f"{told} {advice}")
        return cleaned

    def _look_for_a_newer_statement(self, seen: int | None) -> None:
        """Refuse what was typed beside another statement than the one that is in force by now."""
        now = self.statement.pk if self.statement else None
        if seen == now:
            return
        self.is_overtaken = True
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = now  # type: ignore[index]
        who = self.statement.stated_by.name if self.statement else _("Somebody else")
        told = _(
            "%(who)s stated something while you were typing: it stands beside this form. Is yours right? "
            "Then send it once more; it takes the place of theirs."
        )
        self.add_error(None, told % {"who": who})

    def overlapping_policy(self, cleaned: dict[str, Any]) -> SafetyPolicy | None:
        """The municipality's own policy of the same kind whose period overlaps, if there is one."""
        return (
            SafetyPolicy.objects.of(self.municipality)
            .overlapping(cleaned["policy_starts_on"], cleaned["policy_ends_on"])
            .filter(kind=cleaned.get("policy_kind"))
            .first()
        )

    @transaction.atomic
    def save(self, *, by: User) -> CoverageStatement:
        """State the coverage; a policy that was described is registered first."""
        evidence = {name: value for name, value in self.cleaned_data.items() if name in STATEMENT_FIELDS}
        if "policy" in self.cleaned_data:
            evidence["policy"] = self.policies.get(self.cleaned_data["policy"]) or register_policy(
                by=by,
                municipality=self.municipality,
                adopted_on=evidence.get("decided_on"),
                **{name.removeprefix("policy_"): self.cleaned_data[name] for name in ANOTHER_FIELDS},
            )
        return state_coverage(by=by, municipality=self.municipality, **evidence)


def describe(policy: SafetyPolicy) -> str:
    """The title with its period."""
    return f"{policy.title} ({policy.period})" if policy.period else policy.title
