"""The pages of action plans, under /plannen/."""

from django.urls import path

from measures.views import plan_changes, plans

app_name = "plans"
urlpatterns = [
    path("", plans.plan_list, name="list"),
    path("nieuw/", plan_changes.new, name="new"),
    path("<int:pk>/", plans.detail, name="detail"),
    path("<int:pk>/document/", plans.document, name="document"),
    path("<int:pk>/verschillen/", plans.differences, name="differences"),
    path("<int:pk>/wijzigen/", plan_changes.change, name="change"),
    path("<int:pk>/vaststellen/", plan_changes.adopt, name="adopt"),
    path("<int:pk>/verwijderen/", plan_changes.delete, name="delete"),
    path("<int:pk>/nieuwe-versie/", plan_changes.new_version, name="new-version"),
    path("<int:pk>/bevestigen/", plan_changes.confirm, name="confirm"),
    path("<int:pk>/deelname/", plan_changes.participate, name="participate"),
    path("<int:pk>/uitnodigen/", plan_changes.invite, name="invite"),
]
