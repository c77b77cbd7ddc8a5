"""Addresses of the reminders' console."""

from django.urls import path

from reminders import views

app_name = "reminders"
urlpatterns = [
    path("", views.ledger, name="ledger"),
    path("volgende/", views.outlook, name="preview"),
    path("nu-versturen/", views.run_now, name="run-now"),
    path("gemeenten/<gm:code>/", views.own, name="own"),
    path("afmelden/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("onbereikbaar/", views.unreachable, name="unreachable"),
]
