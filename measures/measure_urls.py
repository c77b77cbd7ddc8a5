"""The addresses under /maatregelen/."""

from django.urls import path

from measures.views import measure_changes, measures, take_over

app_name = "measures"
urlpatterns = [
    path("", measures.listed, name="list"),
    path("bord/", measures.board, name="board"),
    path("nieuw/", measures.new, name="new"),
    path("overnemen/", take_over.take_over, name="take-over"),
    path("status/", measure_changes.several, name="bulk-status"),
    path("<int:pk>/", measures.detail, name="detail"),
    path("<int:pk>/wijzigen/", measures.edit, name="edit"),
    path("<int:pk>/voortgang/", measure_changes.progress, name="progress"),
    path("<int:pk>/voortgang/<int:update>/intrekken/", measure_changes.withdraw, name="withdraw-progress"),
    path("<int:pk>/status/", measure_changes.status, name="status"),
    path("<int:pk>/verwijderen/", measure_changes.delete, name="delete"),
]
