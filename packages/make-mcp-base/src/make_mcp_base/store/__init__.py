"""The kernel store: journal, plans, budget, caches, workspace index, secrets and leases."""
