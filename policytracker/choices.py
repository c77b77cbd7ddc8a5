"""The words for values with choices. A list shows the same few over and over, so each is translated once."""

from functools import lru_cache

from django.db import models
from django.utils.translation import get_language

Choices = type[models.TextChoices]


def labels(choices: Choices) -> dict[str | None, str]:
    """The labels by value, in the reader's language; the empty label for no value."""
    return _labels(get_language() or "", choices)


def label(choices: Choices, value: str | None) -> str:
    """The label of a value in the reader's language; nothing for no value."""
    return labels(choices)[value or None]


@lru_cache(maxsize=128)
def _labels(language: str, choices: Choices) -> dict[str | None, str]:
    return {None: "", **{value: str(text) for value, text in choices.choices}}
