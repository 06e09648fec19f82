"""What people see, shared by the services; it knows the shape of their answers and imports none of them.

Start at `terminal.py`: the Hub report as a table.
"""
