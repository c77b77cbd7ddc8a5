"""Action plans, measures, the library and the support on offer, for administrators."""

from django.contrib import admin
from django.http import HttpRequest

from measures.models import (
    ActionPlan,
    Measure,
    Partner,
    PlanParticipation,
    ProgressUpdate,
    SupportOffer,
    TypicalMeasure,
)
from municipalities.admin import ReadOnly
from policytracker.admin import GuardedAdmin, GuardedInline


class Kept:
    """Rows that are corrected here; what may go, and when, is a rule of the pages of the site."""

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class PlanParticipationInline(ReadOnly, admin.TabularInline):
    model = PlanParticipation
    extra = 0
    fields = ("municipality", "status", "decided_by", "decided_at", "confirmed_by", "confirmed_at")


@admin.register(ActionPlan)
class ActionPlanAdmin(Kept, GuardedAdmin):
    """A plan begins, is adopted and gets its next version on its own pages, with the rules of that."""

    list_display = ("title", "status", "starts_on", "ends_on", "provenance")
    list_filter = ("status", "provenance")
    search_fields = ("title",)
    readonly_fields = ("provenance", "status", "adopted_on", "version", "previous_version")
    inlines = (PlanParticipationInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class ProgressUpdateInline(GuardedInline):
    model = ProgressUpdate
    autocomplete_fields = ("reported_by",)


@admin.register(Measure)
class MeasureAdmin(Kept, GuardedAdmin):
    list_display = ("title", "plan", "category", "phase", "status", "due_on")
    list_filter = ("category", "phase", "status", "embedding", "provenance")
    list_select_related = ("plan",)
    search_fields = ("title",)
    readonly_fields = ("provenance", "status", "stopped_because")
    autocomplete_fields = ("plan", "partners", "taken_from")
    raw_id_fields = ("contact",)
    inlines = (ProgressUpdateInline,)


@admin.register(Partner)
class PartnerAdmin(GuardedAdmin):
    list_display = ("name", "kind")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(TypicalMeasure)
class TypicalMeasureAdmin(GuardedAdmin):
    list_display = ("title_nl", "category", "phase")
    list_filter = ("category", "phase")
    search_fields = ("title_nl", "title_en")
    readonly_fields = ("source_key",)


@admin.register(SupportOffer)
class SupportOfferAdmin(GuardedAdmin):
    list_display = ("name", "provider", "kind", "has_ended")
    list_filter = ("kind", "has_ended")
    search_fields = ("name", "provider")
    readonly_fields = ("source_key",)
