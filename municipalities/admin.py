"""The register for administrators. Statements are not edited here either: they can be read."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from municipalities.actions import provenance_of
from municipalities.models import (
    Contact,
    CoverageStatement,
    GroupMembership,
    Membership,
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
    PoliceUnit,
    PolicyParticipation,
    Province,
    SafetyPolicy,
    SafetyRegion,
)
from policytracker.admin import GuardedAdmin, GuardedInline


class ReadOnly:
    """Rows that the admin shows and never writes."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Province, SafetyRegion, PoliceUnit)
class AreaAdmin(GuardedAdmin):
    list_display = ("code", "name")
    search_fields = ("code", "name")


class ContactInline(GuardedInline):
    model = Contact


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


class GroupMembershipInline(admin.TabularInline):
    model = GroupMembership
    extra = 0


@admin.register(Municipality)
class MunicipalityAdmin(GuardedAdmin):
    """A municipality with its contacts and officers; it ends through a merger, never by deletion."""

    list_display = ("code", "name", "province", "population", "valid_from", "valid_until")
    list_filter = ("province", "safety_region", "police_unit")
    list_select_related = ("province",)
    search_fields = ("search_key",)
    autocomplete_fields = ("account_manager",)
    inlines = (ContactInline, MembershipInline, GroupMembershipInline)

    def has_delete_permission(self, request: HttpRequest, obj: Municipality | None = None) -> bool:
        return False


@admin.register(MunicipalityGroup)
class MunicipalityGroupAdmin(GuardedAdmin):
    list_display = ("code", "name")


class MergerPartInline(GuardedInline):
    model = MergerPart
    autocomplete_fields = ("predecessor", "successor")


@admin.register(Merger)
class MergerAdmin(GuardedAdmin):
    list_display = ("key", "effective_on", "status")
    list_filter = ("status",)
    search_fields = ("key",)
    inlines = (MergerPartInline,)


class ParticipationInline(ReadOnly, admin.TabularInline):
    model = PolicyParticipation
    extra = 0
    fields = ("municipality", "status", "decided_by", "decided_at")


@admin.register(SafetyPolicy)
class SafetyPolicyAdmin(GuardedAdmin):
    list_display = ("title", "kind", "period", "provenance", "theme_seen")
    list_filter = ("kind", "provenance", "theme_seen")
    search_fields = ("title", "cvdr_id")
    readonly_fields = ("provenance", "source_key")
    inlines = (ParticipationInline,)

    def save_model(self, request: HttpRequest, obj: SafetyPolicy, form: Any, change: bool) -> None:
        """A policy that is added here says who added it."""
        if not change:
            obj.provenance = provenance_of(cast(User, request.user))
        super().save_model(request, obj, form, change)


@admin.register(CoverageStatement)
class CoverageStatementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("municipality", "value", "stated_at", "stated_by", "in_force", "review")
    list_filter = ("value", "review", "provenance")
    list_select_related = ("municipality", "stated_by")
    search_fields = ("municipality__search_key",)

    @admin.display(boolean=True, description=_("in force"))
    def in_force(self, statement: CoverageStatement) -> bool:
        """Whether nothing has superseded the statement."""
        return statement.superseded_at is None
