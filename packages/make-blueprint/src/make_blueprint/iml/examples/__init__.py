"""Examples of everything an expression may hold, each evaluated by a test.

They are data: the page `docs/expressions.md` is written from them. All see the scope of `sample`.
"""
