"""Addresses, in Dutch. A page is closed to whoever is not logged in unless its view says otherwise."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("beheer/", admin.site.urls),
]
