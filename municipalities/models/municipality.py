"""The register itself: municipalities, how they merged, and which officials belong to them."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from municipalities.coverage import COVERED, Coverage, coverage_on, in_force
from municipalities.models.areas import PoliceUnit, Province, SafetyRegion
from municipalities.search import fold
from municipalities.sizes import SizeClass, size_class_expression, size_class_of
from policytracker.dates import today
from policytracker.expressions import found_for_row
from policytracker.history import tracked
from policytracker.provenance import Provenance
from policytracker.revisions import Revised


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    """Which municipalities; each method is a rule."""

    def in_register(self, *, on: dt.date | None = None) -> Self:
        """The municipalities that existed on the day; the day of an ending is the first without it."""
        on = on or today()
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=on),
            Q(valid_until__isnull=True) | Q(valid_until__gt=on),
        )

    def search(self, text: str) -> Self:
        """The municipalities whose name, other name or code holds every word, however it is typed."""
        found = self
        for word in text.split():
            found = found.filter(search_key__contains=fold(Value(word)))
        return found

    def with_size_class(self) -> Self:
        """Adds `size`, the size class, NULL where the population is not known."""
        return self.annotate(size=size_class_expression())

    def with_coverage(self, *, on: dt.date | None = None) -> Self:
        """Adds `coverage` as it was on the day, and `statement`, the relation to what was stated."""
        on = on or today()
        return self.annotate(
            statement=FilteredRelation(
                "coverage_statements", condition=in_force(on, "coverage_statements__")
            ),
            coverage=coverage_on(on, "statement"),
        )

    def covered(self, *, on: dt.date | None = None) -> Self:
        """The municipalities whose safety policy, separate or regional plan covered the theme on the day."""
        return self.with_coverage(on=on).filter(coverage__in=COVERED)

    def without_radicalisation_policy(self, *, on: dt.date | None = None) -> Self:
        """The municipalities whose policy lacks the theme on the day and who owe an answer.

        Absent, lapsed, unknown, or in preparation past the day on which it was expected. A reasoned no is
        not covered either, but owes no answer while it holds; nor does a preparation within its time.
        """
        on = on or today()
        # A filter on the relation itself would join the statements a second time.
        with_expectation = self.with_coverage(on=on).alias(expected_on=F("statement__expected_on"))
        return with_expectation.filter(
            Q(coverage__in=[Coverage.ABSENT, Coverage.LAPSED, Coverage.UNKNOWN])
            | Q(coverage=Coverage.IN_PREPARATION, expected_on__lt=on)
        )

    def with_proposal(self, *, on: dt.date | None = None) -> Self:
        """Adds `has_proposal`: a public source names a policy of the day that awaits the officer's answer."""
        from municipalities.models.policy import PolicyParticipation

        return self.annotate(
            has_proposal=found_for_row(
                PolicyParticipation.objects.proposed(on=on).filter(municipality=OuterRef("pk"))
            )
        )

    def editable_by(self, user: User) -> Self:
        """The municipalities whose policy the user may state: an officer's own; all for VNG."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        if user.role == Role.OFFICER:
            return self.filter(memberships__user=user)
        return self.none()

    def looked_after_by(self, user: User) -> Self:
        """The municipalities whose deadlines are the user's: an officer's own, or an account manager's."""
        if user.role == Role.VNG:
            return self.filter(account_manager=user)
        return self.editable_by(user) if user.role == Role.OFFICER else self.none()


@tracked(exclude=["search_key"])
class Municipality(models.Model):
    """A municipality under one CBS code; a merger that gives a new code gives a new municipality."""

    code = models.CharField(_("code"), max_length=6, unique=True)
    name = models.CharField(_("name"), max_length=100)
    sort_name = models.CharField(_("name to sort by"), max_length=100)
    other_names = models.TextField(_("other names"), blank=True, help_text=_("One name a line."))
    search_key = models.GeneratedField(
        expression=fold(
            Concat("code", Value("\n"), "name", Value("\n"), "other_names", output_field=models.TextField())
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    province = models.ForeignKey(
        Province, models.PROTECT, related_name="municipalities", verbose_name=_("province")
    )
    safety_region = models.ForeignKey(
        SafetyRegion,
        models.PROTECT,
        related_name="municipalities",
        null=True,
        blank=True,
        verbose_name=_("safety region"),
    )
    police_unit = models.ForeignKey(
        PoliceUnit,
        models.PROTECT,
        related_name="municipalities",
        null=True,
        blank=True,
        verbose_name=_("police unit"),
    )
    population = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    population_year = models.PositiveSmallIntegerField(_("counted on 1 January"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    valid_from = models.DateField(
        _("exists from"),
        null=True,
        blank=True,
        help_text=_("Empty: since before 2015, where the register begins."),
    )
    valid_until = models.DateField(
        _("exists until"), null=True, blank=True, help_text=_("The first day on which it no longer exists.")
    )
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="managed_municipalities",
        null=True,
        blank=True,
        limit_choices_to={"role": Role.VNG},
        verbose_name=_("account manager at VNG"),
    )
    contacts_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("contacts last confirmed by"),
    )
    contacts_confirmed_at = models.DateTimeField(
        _("contacts last confirmed at"), null=True, blank=True, editable=False
    )

    # What `with_coverage` and `with_proposal` add.
    coverage: str
    has_proposal: bool

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering = ("sort_name", "pk")
        constraints = [
            models.CheckConstraint(
                name="municipality_code_of_cbs",
                condition=Q(code__regex=r"^GM[0-9]{4}$"),
                violation_error_message=_("Write the code as GM and four figures, for instance GM0344."),
            ),
            models.CheckConstraint(
                name="municipality_period",
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
                violation_error_message=_("A municipality ends after it begins."),
            ),
            models.CheckConstraint(
                name="municipality_population_with_year",
                condition=Q(population__isnull=True, population_year__isnull=True)
                | Q(population__isnull=False, population_year__isnull=False),
                violation_error_message=_("Give the number of inhabitants together with its year."),
            ),
            models.CheckConstraint(
                name="municipality_contacts_confirmed_by_and_at",
                condition=Q(contacts_confirmed_by__isnull=True, contacts_confirmed_at__isnull=True)
                | Q(contacts_confirmed_by__isnull=False, contacts_confirmed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="municipality_list", fields=["sort_name", "id"]),
            models.Index(name="municipality_population", fields=["population"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("municipalities:detail", args=[self.code])

    @property
    def size_class(self) -> SizeClass | None:
        """The size class, None where the population is not known."""
        return size_class_of(self.population)


@tracked()
class MunicipalityGroup(models.Model):
    """A network of cities that municipalities join, such as the G4 and the G40."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    members = models.ManyToManyField(Municipality, through="GroupMembership", related_name="groups")

    class Meta:
        verbose_name = _("group of municipalities")
        verbose_name_plural = _("groups of municipalities")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class GroupMembershipQuerySet(models.QuerySet["GroupMembership"]):
    """Which memberships."""

    def held(self, *, on: dt.date | None = None) -> Self:
        """The memberships of the day; the day until which one lasts is the first without it."""
        on = on or today()
        return self.filter(
            Q(since__isnull=True) | Q(since__lte=on),
            Q(until__isnull=True) | Q(until__gt=on),
        )


@tracked()
class GroupMembership(models.Model):
    """A municipality's membership of a group, for a period."""

    group = models.ForeignKey(MunicipalityGroup, models.CASCADE, related_name="memberships")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="group_memberships")
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    objects = GroupMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership of a group")
        verbose_name_plural = _("memberships of groups")
        constraints = [
            models.UniqueConstraint(
                name="group_membership_once_at_a_time",
                fields=["group", "municipality"],
                condition=Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="group_membership_period",
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gt=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} – {self.municipality_id}"


@tracked()
class Merger(models.Model):
    """A decision by which, on one day, municipalities end in or are split over their successors."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        EFFECTED = "effected", _("in effect")

    key = models.SlugField(_("key"), max_length=100, unique=True)
    effective_on = models.DateField(_("takes effect on"))
    status = models.CharField(_("status"), max_length=10, choices=Status)
    source = models.CharField(_("source"), max_length=500)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("merger")
        verbose_name_plural = _("mergers")
        ordering = ("-effective_on", "key")

    def __str__(self) -> str:
        return self.key


@tracked()
class MergerPart(models.Model):
    """What one municipality that ends passes on to one successor."""

    class Kind(models.TextChoices):
        ABSORBED = "absorbed", _("joins an existing municipality")
        MERGED_INTO_NEW = "merged_into_new", _("becomes part of a new municipality")
        SPLIT = "split", _("is split over several municipalities")
        RENAME = "rename", _("goes on under a new name and code")

    merger = models.ForeignKey(Merger, models.CASCADE, related_name="parts")
    predecessor = models.ForeignKey(Municipality, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Municipality, models.PROTECT, related_name="predecessions")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    is_main = models.BooleanField(_("main successor"), default=True)
    source = models.CharField(_("source"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("part of a merger")
        verbose_name_plural = _("parts of mergers")
        constraints = [
            models.UniqueConstraint(name="merger_part_once", fields=["merger", "predecessor", "successor"]),
            models.UniqueConstraint(
                name="merger_part_one_main_successor",
                fields=["merger", "predecessor"],
                condition=Q(is_main=True),
            ),
            models.CheckConstraint(
                name="merger_part_two_municipalities", condition=~Q(predecessor=F("successor"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


@tracked()
class Membership(models.Model):
    """An officer's right to keep a municipality up to date."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        limit_choices_to={"role": Role.OFFICER},
        verbose_name=_("officer"),
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="memberships", verbose_name=_("municipality")
    )

    class Meta:
        verbose_name = _("officer's membership")
        verbose_name_plural = _("officers' memberships")
        constraints = [models.UniqueConstraint(name="membership_once", fields=["user", "municipality"])]

    def __str__(self) -> str:
        return f"{self.user_id} – {self.municipality_id}"


class ContactQuerySet(models.QuerySet["Contact"]):
    """Which contacts."""

    def reachable(self) -> Self:
        """The contacts whose mail arrives."""
        return self.filter(unreachable_since__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Work contact details are shown to VNG and to the municipality itself, and to nobody else."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        return self.filter(municipality__in=Municipality.objects.editable_by(user))


@tracked()
class Contact(Revised):
    """The work contact details of an official to whom reminders go."""

    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="contacts", verbose_name=_("municipality")
    )
    position = models.PositiveSmallIntegerField(
        _("order"), help_text=_("1 is written to first, 2 too when no answer comes.")
    )
    name = models.CharField(_("name"), max_length=200)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    email = models.EmailField(_("work e-mail address"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="nl")
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY, editable=False
    )
    unreachable_since = models.DateTimeField(_("unreachable since"), null=True, blank=True)
    unreachable_reason = models.CharField(_("why unreachable"), max_length=500, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("municipality", "position")
        constraints = [
            models.UniqueConstraint(
                name="contact_order",
                fields=["municipality", "position"],
                violation_error_message=_("There is a contact with this order already."),
            ),
            models.UniqueConstraint(
                "municipality",
                Lower("email"),
                name="contact_email_once",
                violation_error_message=_("There is a contact with this e-mail address already."),
            ),
            models.CheckConstraint(name="contact_order_from_one", condition=Q(position__gte=1)),
            models.CheckConstraint(
                name="contact_unreachable_with_reason",
                condition=Q(unreachable_since__isnull=True, unreachable_reason="")
                | (Q(unreachable_since__isnull=False) & ~Q(unreachable_reason="")),
                violation_error_message=_("Give the day together with the reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def get_absolute_url(self) -> str:
        return reverse("municipalities:edit-contact", args=[self.municipality.code, self.pk])
