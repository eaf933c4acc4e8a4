"""AI agents: a deterministic stand-in for a language model, and the loop around it.

No model runs in the sandbox. `stand_in` decides by plain rules, and whatever it says begins with
`LABEL`; `conversation` is the loop that lets it call tools, `in_world` keeps threads, contexts and
the count of tokens.
"""

LABEL = "[Sandbox stand-in, no model]"
"""Begins every text that a real model would have written."""
