"""Forms over rows that say who stands behind them."""

from typing import Any

from accounts.models import User
from municipalities.actions import provenance_of
from policytracker.forms import RevisedForm


class AttributedForm(RevisedForm):
    """A form whose writer stands behind the row from then on.

    So an entry from a public source is taken over by whoever changes it, its source's address kept: loading
    the register again leaves it alone.
    """

    def save_by(self, by: User) -> Any:
        """Write what changed and who stands behind it now; where nothing changed, nothing is written."""
        if self.is_new:
            self.instance.provenance = provenance_of(by)
            self.instance.save(force_insert=True)
        elif self.changed_columns:
            self.instance.provenance = provenance_of(by)
            self.instance.save(update_fields=[*self.changed_columns, "provenance"])
        return self.instance
