from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.forms import UserCreationForm, UserEditForm
from accounts.models import User

admin.site.unregister(Group)  # rights follow from the role


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Users are deactivated rather than deleted: what they stated keeps its author."""

    form = UserEditForm
    add_form = UserCreationForm
    list_display = ("name", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "email")
    ordering = ("name",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Who"), {"fields": ("name", "role", "is_active")}),
        (_("When"), {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "role", "usable_password", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "joined_at")

    def has_delete_permission(self, request, obj=None) -> bool:  # type: ignore[no-untyped-def]
        return False
