"""The people whom a coordinator writes to at an employer, apart from everything else about it.

Owns `employer_contacts`, each sealed under a key that is not in the database, and `contact_accesses`: who
read, kept or removed one, when, with no name in it. A read is noted in the transaction that makes it.
Nothing of a contact is in an event, a log or an error. A contact is removed at once, and only the removal
stays noted.
"""
