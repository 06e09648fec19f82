"""Accounts that act for an employer or an Enterprise Adviser: bound by a coordinator, dated, kept.

A role says what somebody may do; a binding says for whom (`model/account.py`). There is a book of bindings
for employers and one for advisers (`store.py`), each a collection with its versions; `commands.py` binds and
ends, `views.py` lists them, `bodies.py` is what callers send. Who may bind whom, and what the bound may do,
is in `own/` for employers and in `own_adviser/` for advisers.

Invariant: a binding is never deleted; who acted when can always be said.
"""
