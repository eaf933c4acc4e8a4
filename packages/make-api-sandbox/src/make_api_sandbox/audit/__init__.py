"""Who changed what: the audit log behind the endpoints of API reference, chapter 2.7."""
