"""What the Django admin keeps to as every other page does: no citizen service number comes in through it."""

from django import forms
from django.contrib import admin

from policytracker.person_data import GuardedForm


class GuardedAdminForm(GuardedForm, forms.ModelForm):
    """A form of the admin, in whose fieldsets the box to say that one has looked has no place."""

    asks_to_look = False


class GuardedAdmin(admin.ModelAdmin):
    """The pages of a model that holds free text."""

    form = GuardedAdminForm


class GuardedInline(admin.TabularInline):
    """Rows with free text on the page of another model."""

    form = GuardedAdminForm
    extra = 0
