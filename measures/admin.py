"""Action plans, measures, the library and the support on offer, for administrators."""

from django.contrib import admin

from measures.models import (
    ActionPlan,
    Measure,
    Partner,
    PlanParticipation,
    ProgressUpdate,
    SupportOffer,
    TypicalMeasure,
)
from policytracker.admin import GuardedAdmin, GuardedInline


class PlanParticipationInline(admin.TabularInline):
    model = PlanParticipation
    extra = 0
    autocomplete_fields = ("municipality",)


@admin.register(ActionPlan)
class ActionPlanAdmin(GuardedAdmin):
    list_display = ("title", "status", "starts_on", "ends_on", "provenance")
    list_filter = ("status", "provenance")
    search_fields = ("title",)
    readonly_fields = ("provenance",)
    autocomplete_fields = ("previous_version",)
    inlines = (PlanParticipationInline,)


class ProgressUpdateInline(GuardedInline):
    model = ProgressUpdate
    autocomplete_fields = ("reported_by",)


@admin.register(Measure)
class MeasureAdmin(GuardedAdmin):
    list_display = ("title", "plan", "category", "phase", "status", "due_on")
    list_filter = ("category", "phase", "status", "embedding", "provenance")
    list_select_related = ("plan",)
    search_fields = ("title",)
    readonly_fields = ("provenance",)
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
