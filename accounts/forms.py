"""Forms by which a user comes in."""

from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    SetUnusablePasswordMixin,
    UserChangeForm,
    UsernameField,
)
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.demonstration import has_demonstration_data
from accounts.models import User


class LoginForm(AuthenticationForm):
    """Log-in by e-mail address; failed tries count for the address, however it is capitalised."""

    username = UsernameField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This e-mail address and password do not belong together. Check both."),
    }

    def clean_username(self) -> str:
        """The address in lower case."""
        return self.cleaned_data["username"].lower()


class PasswordResetForm(auth_forms.PasswordResetForm):
    """Sends a link to set a password, also to who has never had one: that is how a new user begins."""

    def get_users(self, email: str) -> QuerySet[User]:
        """The active user with this address, however it is capitalised."""
        return User.objects.filter(email=email.lower(), is_active=True)

    def save(self, *arguments: Any, **options: Any) -> None:
        """Send the link; where there is invented data, this mail says so like all others."""
        more = {"demonstration": has_demonstration_data(), **(options.pop("extra_email_context", None) or {})}
        super().save(*arguments, **options, extra_email_context=more)


class LowerCaseEmail:
    """Keeps the e-mail address in lower case, as the database demands."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        """The address in lower case."""
        return self.cleaned_data["email"].lower()


class UserCreationForm(LowerCaseEmail, SetUnusablePasswordMixin, BaseUserCreationForm):
    """The administrator's form for a new user, with or without a password."""

    usable_password = SetUnusablePasswordMixin.create_usable_password_field()

    class Meta:
        model = User
        fields = ("email", "name", "role")


class UserEditForm(LowerCaseEmail, UserChangeForm):
    """The administrator's form for a user; what the user may do follows from the role."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active", "password")
