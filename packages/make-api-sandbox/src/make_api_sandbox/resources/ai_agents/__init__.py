"""AI agents: set-up, runs and contexts (API reference, chapter 2.5).

Every call names its team in the query. Bodies have no wrapper. Nobody documented which role may do
what, so any member of the team may, within the scopes of the token; and no licence member closes
agents.
"""
