"""The addresses under /beleidsplannen/."""

from django.urls import path

from municipalities.views import policies

app_name = "policies"
urlpatterns = [
    path("", policies.policies, name="list"),
    path("nieuw/", policies.new_policy, name="new"),
    path("<int:pk>/", policies.policy, name="detail"),
    path("<int:pk>/wijzigen/", policies.edit_policy, name="edit"),
    path("<int:pk>/deelname/", policies.answer_participation, name="participation"),
    path("<int:pk>/document/", policies.document, name="document"),
]
