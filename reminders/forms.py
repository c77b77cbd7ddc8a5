"""The forms of the reminders' pages."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout, Submit
from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from municipalities.models import Contact, Municipality, SafetyRegion
from policytracker.dates import today
from policytracker.forms import DateInput, RevisedForm
from policytracker.person_data import GuardedForm
from reminders.actions import SNOOZE_AT_MOST, hand_over, needs_vng, pause, postpone
from reminders.models import Hold, Preference, Rule, RuleSetting, RuleText
from reminders.rules import ReminderRule, as_set
from reminders.wording import CASES, MEANINGS, PLACEHOLDER, Wording

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


def helper(label: str | Promise, *layout: Any) -> FormHelper:
    """How a form looks: its fields, and one button."""
    made = FormHelper()
    made.form_class = "pt-form"
    made.layout = Layout(*layout, Submit("submit", label))
    return made


def day_ahead(day: dt.date | None) -> dt.date | None:
    """A last day, which must lie ahead and not too far."""
    if day is not None and day <= today():
        raise forms.ValidationError(_("Choose a day after today."))
    if day is not None and day > today() + LOOKS_AHEAD:
        raise forms.ValidationError(_("Choose a day at most a year from now."))
    return day


def reason_field(label: Any, help_text: Any = "") -> forms.CharField:
    """A field for a reason in a sentence or two."""
    return forms.CharField(
        label=label, help_text=help_text, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class PostponeForm(GuardedForm, forms.Form):
    """Until when a municipality wants to be left alone about a question, and why."""

    until = forms.DateField(label=_("Ask us again after"), widget=DateInput)
    reason = reason_field(_("Why not now"), _("VNG reads this. Write nothing about persons."))

    def __init__(self, *args: Any, municipality: Municipality, rule: str, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.municipality, self.rule, self.by = municipality, rule, by
        at_once = today() + SNOOZE_AT_MOST
        if needs_vng(municipality=municipality, rule=rule, until=today()):
            told = gettext("This question was postponed lately, so VNG decides.")
        else:
            told = gettext("Until %(day)s that holds at once; on a later day VNG decides.")
        self.fields["until"].help_text = told % {"day": date_format(at_once)}
        self.helper = helper(_("Postpone"), "until", "reason")

    def clean_until(self) -> dt.date | None:
        """A day ahead."""
        return day_ahead(self.cleaned_data["until"])

    def save(self) -> Hold:
        """Postpone the question, or ask VNG to."""
        return postpone(
            by=self.by,
            municipality=self.municipality,
            rule=self.rule,
            reason=self.cleaned_data["reason"],
            until=self.cleaned_data["until"],
        )


class HandOverForm(forms.Form):
    """Which colleague gets a question from now on."""

    contact = forms.ModelChoiceField(
        label=_("Colleague"),
        queryset=Contact.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose a colleague.")},
    )

    def __init__(self, *args: Any, municipality: Municipality, rule: str, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.municipality, self.rule, self.by = municipality, rule, by
        colleagues: Any = self.fields["contact"]
        colleagues.queryset = municipality.contacts.reachable().order_by("position")
        colleagues.label_from_instance = lambda contact: f"{contact.name}, {contact.email}"
        self.helper = helper(_("Hand over"), "contact")

    def save(self) -> Contact:
        """Hand the question over."""
        contact: Contact = self.cleaned_data["contact"]
        hand_over(by=self.by, municipality=self.municipality, rule=self.rule, contact=contact)
        return contact


class PreferenceForm(forms.ModelForm):
    """How a contact wants to be written to."""

    language = forms.ChoiceField(label=_("Language of our messages"), choices=settings.LANGUAGES)
    digest_day = forms.TypedChoiceField(
        label=_("Day of the week"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any working day")), *Preference.Weekday.choices],
        help_text=_("On a public holiday the next working day takes its place."),
    )
    notices = forms.BooleanField(
        label=_("Also messages that ask nothing, such as that the council is going to be elected"),
        required=False,
    )

    class Meta:
        model = Preference
        fields = ["digest_day", "copy_to"]
        labels = {"copy_to": _("Copy to")}
        help_texts = {"copy_to": _("A shared mailbox or a colleague of the same municipality, for instance.")}

    def __init__(self, *args: Any, notices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules_of_notices = list(notices)
        contact = self.instance.contact
        self.initial["language"] = contact.language
        self.initial["notices"] = not set(self.rules_of_notices) <= set(self.instance.unsubscribed)
        self.helper = helper(_("Save"), "language", "digest_day", "copy_to", "notices")

    def clean_copy_to(self) -> str:
        """The address in lower case; another one than that of the contact."""
        address: str = self.cleaned_data["copy_to"].lower()
        if address and address == self.instance.contact.email.lower():
            raise forms.ValidationError(_("This is the address to which the message goes already."))
        return address

    def save(self, commit: bool = True) -> Preference:
        """Write the preference, and the language with the contact."""
        self.instance.unsubscribed = [] if self.cleaned_data["notices"] else self.rules_of_notices
        preference = super().save(commit)
        contact, language = self.instance.contact, self.cleaned_data["language"]
        if contact.language != language:
            contact.language = language
            contact.save(update_fields=["language"])
        return preference


class PauseForm(GuardedForm, forms.Form):
    """What VNG pauses: a rule, a municipality, a safety region, these together, or everything."""

    rule = forms.ChoiceField(label=_("Reason of the reminders"), required=False)
    municipality = forms.ModelChoiceField(
        label=_("Municipality"), queryset=Municipality.objects.none(), required=False, to_field_name="code"
    )
    safety_region = forms.ModelChoiceField(
        label=_("Safety region"), queryset=SafetyRegion.objects.none(), required=False
    )
    until = forms.DateField(
        label=_("Last day of the pause"),
        required=False,
        widget=DateInput,
        help_text=_("Empty: until somebody ends it."),
    )
    reason = reason_field(_("Why"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        choices: Any = self.fields["rule"]
        choices.choices = [
            ("", _("All reasons")),
            *((key, str(label).capitalize()) for key, label in Rule.choices),
        ]
        for name, rows, label in (
            ("municipality", Municipality.objects.in_register(), _("All municipalities")),
            ("safety_region", SafetyRegion.objects.order_by("name"), _("All safety regions")),
        ):
            field: Any = self.fields[name]
            field.queryset, field.empty_label = rows, label
        self.helper = helper(_("Pause"), "rule", "municipality", "safety_region", "until", "reason")

    def clean_until(self) -> dt.date | None:
        """A day ahead, or none."""
        return day_ahead(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any] | None:
        """One place at most."""
        cleaned = super().clean()
        if self.cleaned_data.get("municipality") and self.cleaned_data.get("safety_region"):
            self.add_error("safety_region", _("Choose a municipality or a safety region, not both."))
        return cleaned

    def save(self) -> Hold:
        """Pause."""
        return pause(
            by=self.by, **{name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}
        )


MOST_DAYS = 366


class RuleForm(RevisedForm):
    """Whether a rule is on, and after how many days each of its steps comes."""

    class Meta:
        model = RuleSetting
        fields = ["is_on"]
        labels = {"is_on": _("Remind for this reason")}
        help_texts = {"is_on": _("Switched off, nothing is planned, and what is planned ends unsent.")}

    def __init__(self, *args: Any, rule: ReminderRule, **kwargs: Any) -> None:
        self.rule = rule
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        """Ask for the days of each step."""
        self.instance.rule = self.rule.key
        in_use = as_set(self.rule, self.instance)
        for number, step in enumerate(in_use.ladder, start=1):
            label = (
                _("Days after the reason arose") if number == 1 else _("Days after step %(step)d was sent")
            )
            self.fields[f"step_{number}"] = forms.IntegerField(
                label=label % {"step": number - 1} if number > 1 else label,
                min_value=0 if number == 1 else 1,
                max_value=MOST_DAYS,
                initial=step.wait.days,
                help_text=_("Usually %(days)d.") % {"days": self.rule.ladder[number - 1].wait.days},
            )

    def save(self, commit: bool = True) -> RuleSetting:
        """Write the setting."""
        self.instance.waits = [
            self.cleaned_data[f"step_{number}"] for number in range(1, len(self.rule.ladder) + 1)
        ]
        self.instance.save()
        return self.instance


class RuleTextForm(GuardedForm, forms.Form):
    """What a case of a rule says, in Dutch and in English: the text that comes along, or VNG's own."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, rule: str, case: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.case = rule, case
        self.usual = CASES[rule][case].wording
        self.own = {text.language: text for text in RuleText.objects.filter(rule=rule, case=case)}
        self.state = "-".join(f"{text.pk}.{text.revision}" for _language, text in sorted(self.own.items()))
        self.initial["seen"] = self.state
        sets = []
        for language, name in settings.LANGUAGES:
            wording = self.wording(language)
            self.fields[f"subject_{language}"] = forms.CharField(
                label=_("Subject"), max_length=150, initial=wording.subject
            )
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Text"),
                max_length=1500,
                initial=wording.text,
                widget=forms.Textarea(attrs={"rows": 5}),
            )
            sets.append(Fieldset(name, f"subject_{language}", f"text_{language}"))
        self.helper = FormHelper()
        self.helper.form_class = "pt-form"
        self.helper.form_tag = False
        self.helper.render_hidden_fields = True
        self.helper.layout = Layout(*sets)

    def wording(self, language: str) -> Wording:
        """What the case says now."""
        if text := self.own.get(language):
            return Wording(text.subject, text.text)
        return self.usual_in(language)

    def usual_in(self, language: str) -> Wording:
        """The text that comes along."""
        with override(language):
            return Wording(str(self.usual.subject), str(self.usual.text))

    @property
    def placeholders(self) -> list[tuple[str, Any]]:
        """What may stand in braces, with its meaning."""
        return [(name, MEANINGS[name]) for name in self.usual.placeholders]

    def typed(self, language: str) -> Wording:
        """What was typed in a language."""
        return Wording(self.cleaned_data[f"subject_{language}"], self.cleaned_data[f"text_{language}"])

    def clean(self) -> dict[str, Any] | None:
        """Refuse what cannot be filled in, and a form that was opened before the text was last changed."""
        cleaned = super().clean()
        known = self.usual.placeholders
        for name in [name for name in self.fields if name != "seen"]:
            found = PLACEHOLDER.findall(self.cleaned_data.get(name) or "")
            if unknown := [each for each in found if each not in known]:
                told = gettext("We cannot fill in {%(name)s} here. Possible are: %(known)s.")
                possible = ", ".join(f"{{{each}}}" for each in known)
                self.add_error(name, told % {"name": unknown[0], "known": possible})
        if self.cleaned_data.get("seen", "") != self.state:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["seen"] = self.state  # type: ignore[index]
            raise forms.ValidationError(
                _(
                    "Somebody else changed this text meanwhile. Yours still stands here: save it again to "
                    "keep it."
                )
            )
        return cleaned

    def save(self) -> None:
        """Write what differs from the text that comes along, and forget what does not."""
        for language, _name in settings.LANGUAGES:
            typed = self.typed(language)
            if typed == self.usual_in(language):
                RuleText.objects.filter(rule=self.rule, case=self.case, language=language).delete()
            else:
                RuleText.objects.update_or_create(
                    rule=self.rule,
                    case=self.case,
                    language=language,
                    defaults={"subject": typed.subject, "text": typed.text},
                )
