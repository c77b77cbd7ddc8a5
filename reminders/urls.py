"""Addresses of the reminders' console."""

from django.urls import path

from reminders import views, views_console, views_receivers, views_settings

app_name = "reminders"
urlpatterns = [
    path("", views.ledger, name="ledger"),
    path("volgende/", views.outlook, name="preview"),
    path("nu-versturen/", views.run_now, name="run-now"),
    path("gemeenten/<gm:code>/", views_receivers.own, name="own"),
    path("gemeenten/<gm:code>/uitstellen/<str:rule>/", views_receivers.postpone, name="postpone"),
    path("gemeenten/<gm:code>/hervatten/<int:pk>/", views_receivers.resume, name="resume"),
    path("gemeenten/<gm:code>/overdragen/<str:rule>/", views_receivers.hand_over, name="hand-over"),
    path("gemeenten/<gm:code>/voorkeuren/<int:pk>/", views_receivers.preferences, name="preferences"),
    path("gemeenten/<gm:code>/versturen/", views_settings.send_one, name="send-one"),
    path("regels/", views_settings.rule_list, name="rules"),
    path("regels/<str:rule>/", views_settings.change_rule, name="change-rule"),
    path("regels/<str:rule>/<str:case>/", views_settings.change_text, name="change-text"),
    path("pauzes/", views_settings.pauses, name="pauses"),
    path("pauzes/<int:pk>/beeindigen/", views_settings.end_pause, name="end-pause"),
    path("pauzes/<int:pk>/beslissen/", views_settings.decide_delay, name="decide-delay"),
    path("afmelden/<str:token>/", views_receivers.unsubscribe, name="unsubscribe"),
    path("onbereikbaar/", views.unreachable, name="unreachable"),
    path("waarom/", views_console.why, name="why"),
    path("cijfers/", views_console.figures, name="figures"),
]
