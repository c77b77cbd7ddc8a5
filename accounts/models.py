"""Who uses the system."""

import hashlib
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from policytracker.history import tracked


class Role(models.TextChoices):
    """The kinds of user; each sees the site through its own start page."""

    OFFICER = "officer", _("Safety officer")
    VNG = "vng", _("VNG")
    NCTV = "nctv", _("NCTV")
    ADMINISTRATOR = "administrator", _("Administrator")


# Who has deadlines: officers those of their municipalities, VNG those of whom it is account manager.
WITH_DEADLINES = (Role.OFFICER, Role.VNG)


class UserManager(BaseUserManager["User"]):
    """Makes users, who are known by their e-mail address in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved user; without a password nobody can log in until one is set by e-mail."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved administrator, for `manage.py createsuperuser`."""
        return self.create_user(email, password, role=Role.ADMINISTRATOR, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this e-mail address, however it is capitalised."""
        return self.get(email=(username or "").lower())


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """An official who logs in with a work e-mail address."""

    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("There is a user with this e-mail address.")},
    )
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    is_active = models.BooleanField(_("active"), default=True)
    is_demonstration = models.BooleanField(_("invented for the demonstration"), default=False, editable=False)
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(name="user_role_known", condition=models.Q(role__in=Role.values)),
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=models.Q(email=Lower("email")),
                violation_error_message=_("Write the e-mail address in lower case."),
            ),
        ]
        indexes = [
            models.Index(
                name="user_demonstration", fields=["id"], condition=models.Q(is_demonstration=True)
            )  # asked at most once a minute: is there invented data?
        ]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        """The name by which the admin greets."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Whether the user may open the admin."""
        return self.role == Role.ADMINISTRATOR

    @property
    def has_deadlines(self) -> bool:
        """Whether the register keeps deadlines that are this user's to meet."""
        return self.role in WITH_DEADLINES

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Whether the user may do this in the admin: rights there follow from the role alone."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user may see this part of the admin."""
        return self.is_active and self.is_staff


class CalendarAddressQuerySet(models.QuerySet["CalendarAddress"]):
    """Which addresses."""

    def opened_by(self, token: str) -> Self:
        """The address with this token, if its user may still come in and has deadlines."""
        return self.filter(
            digest=digest_of(token), user__is_active=True, user__role__in=WITH_DEADLINES
        ).select_related("user")


def digest_of(token: str) -> str:
    """What is kept of a token. It is long and random, so that a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


@tracked(exclude=["digest", "last_fetched_on"])
class CalendarAddress(models.Model):
    """The secret address at which a calendar program finds a user's deadlines; only its hash is kept."""

    user = models.OneToOneField(User, models.CASCADE, related_name="calendar_address", verbose_name=_("user"))
    digest = models.CharField(_("digest of the token"), max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    last_fetched_on = models.DateField(_("last fetched on"), null=True, blank=True, editable=False)

    objects = CalendarAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address of a calendar")
        verbose_name_plural = _("addresses of calendars")
        constraints = [
            models.CheckConstraint(
                name="calendar_address_digest_is_sha256",
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"),
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)
