"""The form of a contact: an official to whom messages go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from municipalities.actions import save_contact
from municipalities.models import Contact, Municipality
from policytracker.forms import RevisedForm


class ContactForm(RevisedForm):
    """The work contact details of an official, new or changed."""

    class Meta:
        model = Contact
        fields = ["name", "job_title", "email", "language"]
        labels = {"language": _("Language of our messages")}
        help_texts = {"email": _("A work address. A shared mailbox of the department is fine.")}

    submit_label = _("Save the contact")

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        self.municipality = municipality
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        """An address that the municipality does not have twice."""
        email: str = self.cleaned_data["email"]
        others = self.municipality.contacts.exclude(pk=self.instance.pk)
        if others.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is a contact with this e-mail address already."))
        return email

    def save_by(self, by: User) -> Contact:
        """Save the contact; whoever does has looked at the list."""
        self.instance.municipality = self.municipality
        return save_contact(by=by, contact=self.instance, changed=self.changed_columns)
