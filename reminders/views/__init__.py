"""The pages of the reminders: the console of VNG, and what receivers do about what they were asked."""
