"""The ledger in the admin: to look things up, never to change them."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from reminders.models import DeliveryAttempt, Message, MessageReminder, Reminder, ReminderRun


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
    list_display = ("municipality", "rule", "cycle", "step", "due_on", "status", "settled_at")
    list_filter = ("status", "rule")
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
