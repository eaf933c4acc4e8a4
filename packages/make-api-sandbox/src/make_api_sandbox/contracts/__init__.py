"""What Make answers, written down: its operations, and the contract each answer is held to.

`operations.csv` lists the operations of Make's public API, `pages.csv` the addresses beside them
that people and other services open. `*.contract` states the shape of every answer in a small
notation of our own (module `notation`); `book` finds the contract of an operation and says where
an answer departs from it. `coverage` compares the list with the routes of the sandbox.
"""
