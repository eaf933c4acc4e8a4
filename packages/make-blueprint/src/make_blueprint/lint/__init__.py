"""Lint: what is wrong, risky or worth knowing about a blueprint, judged rule by rule.

`make_blueprint.lint.checking` runs the rules, `mending` carries out their safe fixes, `rule` says
what a rule is and how one is written. The rules themselves live in `packs`.
"""
