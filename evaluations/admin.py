"""Evaluations with their findings and follow-up, for administrators."""

from django.contrib import admin

from evaluations.models import Evaluation, Finding, FollowUp
from policytracker.admin import GuardedAdmin, GuardedInline


class FindingInline(GuardedInline):
    model = Finding
    fields = ("kind", "theme", "priority", "text_nl", "due_on")
    show_change_link = True


@admin.register(Evaluation)
class EvaluationAdmin(GuardedAdmin):
    list_display = ("title", "body", "kind", "scope", "published_on")
    list_filter = ("kind", "scope")
    search_fields = ("title", "body")
    readonly_fields = ("source_key",)
    autocomplete_fields = ("municipalities", "safety_regions", "police_units")
    inlines = (FindingInline,)


@admin.register(Finding)
class FindingAdmin(GuardedAdmin):
    list_display = ("text_nl", "evaluation", "kind", "theme", "priority")
    list_filter = ("kind", "theme", "priority")
    list_select_related = ("evaluation",)
    search_fields = ("text_nl", "text_en")
    readonly_fields = ("source_key",)
    autocomplete_fields = ("evaluation",)


@admin.register(FollowUp)
class FollowUpAdmin(GuardedAdmin):
    list_display = ("finding", "municipality", "status", "due_on")
    list_filter = ("status", "response")
    list_select_related = ("finding", "municipality")
    search_fields = ("municipality__search_key",)
    autocomplete_fields = ("finding", "municipality", "measures")
