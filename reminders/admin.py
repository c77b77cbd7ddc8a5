"""The ledger and what was arranged, in the admin: to look things up; they are changed on their own pages."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from reminders.models import (
    DeliveryAttempt,
    Handover,
    Hold,
    Message,
    MessageReminder,
    Preference,
    Reminder,
    ReminderRun,
    RuleSetting,
    RuleText,
)


class ReadOnly:
    """What was planned and sent is a record: nobody adds, changes or removes it by hand."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """No."""
        return False


class CarriedInline(ReadOnly, admin.TabularInline):
    """What a message carries, or by which messages a reminder went."""

    model = MessageReminder
    extra = 0


class AttemptInline(ReadOnly, admin.TabularInline):
    """The tries to send a message."""

    model = DeliveryAttempt
    extra = 0


@admin.register(Reminder)
class ReminderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "municipality",
        "rule",
        "cycle",
        "step",
        "due_on",
        "status",
        "ended_because",
        "settled_at",
        "answered_at",
    )
    list_filter = ("status", "rule", "ended_because")
    list_select_related = ("municipality",)
    search_fields = ("municipality__name", "municipality__code")
    inlines = (CarriedInline,)


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("recipient", "status", "created_at", "not_before", "settled_at")
    list_filter = ("status", "language")
    search_fields = ("recipient", "key")
    inlines = (CarriedInline, AttemptInline)


@admin.register(ReminderRun)
class ReminderRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("started_at", "ended_at", "asked_by", "planned", "cancelled", "sent", "failed", "error")
    list_select_related = ("asked_by",)


@admin.register(Hold)
class HoldAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("kind", "status", "rule", "municipality", "safety_region", "until", "made_by", "made_at")
    list_filter = ("kind", "status", "rule")
    list_select_related = ("municipality", "safety_region", "made_by")


@admin.register(Handover)
class HandoverAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("municipality", "rule", "contact", "made_by", "made_at")
    list_select_related = ("municipality", "contact", "made_by")


@admin.register(Preference)
class PreferenceAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("contact", "digest_day", "copy_to")
    list_select_related = ("contact",)


@admin.register(RuleSetting)
class RuleSettingAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("rule", "is_on", "waits")


@admin.register(RuleText)
class RuleTextAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("rule", "case", "language", "subject")
