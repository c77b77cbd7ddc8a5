"""Addresses, in Dutch. A page is closed to whoever is not logged in unless its view says otherwise."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.i18n import set_language

from accounts.views import log_in_to_administration
from dashboards.views.start import start

urlpatterns = [
    path("", start, name="start"),
    path("account/", include("accounts.urls")),
    path("account/taal/", login_not_required(set_language), name="set_language"),
    path("gemeenten/", include("dashboards.register_urls")),
    path("herinneringen/", include("reminders.urls")),
    path("plannen/", include("measures.plan_urls")),
    path(
        "toegankelijkheid/",
        login_not_required(TemplateView.as_view(template_name="pages/toegankelijkheid.html")),
        name="accessibility",
    ),
    path(
        "privacy/",
        login_not_required(TemplateView.as_view(template_name="pages/privacy.html")),
        name="privacy",
    ),
    path(
        "beheer/login/",  # one way in, which is throttled
        login_not_required(log_in_to_administration),
    ),
    path("beheer/", admin.site.urls),
]
