"""Addresses of the reminders' console."""

from django.urls import path

from reminders.views import arranging, ledger, looking, receivers

app_name = "reminders"
urlpatterns = [
    path("", ledger.ledger, name="ledger"),
    path("volgende/", ledger.outlook, name="preview"),
    path("nu-versturen/", ledger.run_now, name="run-now"),
    path("gemeenten/<gm:code>/", receivers.own, name="own"),
    path("gemeenten/<gm:code>/uitstellen/<str:rule>/", receivers.postpone, name="postpone"),
    path("gemeenten/<gm:code>/hervatten/<int:pk>/", receivers.resume, name="resume"),
    path("gemeenten/<gm:code>/overdragen/<str:rule>/", receivers.hand_over, name="hand-over"),
    path("gemeenten/<gm:code>/voorkeuren/<int:pk>/", receivers.preferences, name="preferences"),
    path("gemeenten/<gm:code>/versturen/", arranging.send_one, name="send-one"),
    path("regels/", arranging.rule_list, name="rules"),
    path("regels/<str:rule>/", arranging.change_rule, name="change-rule"),
    path("regels/<str:rule>/<str:case>/", arranging.change_text, name="change-text"),
    path("pauzes/", arranging.pauses, name="pauses"),
    path("pauzes/<int:pk>/beeindigen/", arranging.end_pause, name="end-pause"),
    path("pauzes/<int:pk>/beslissen/", arranging.decide_delay, name="decide-delay"),
    path("afmelden/<str:token>/", receivers.unsubscribe, name="unsubscribe"),
    path("onbereikbaar/", ledger.unreachable, name="unreachable"),
    path("waarom/", looking.why, name="why"),
    path("cijfers/", looking.figures, name="figures"),
]
