"""How a school's part of this service lies in its database: one module a kind of document."""
