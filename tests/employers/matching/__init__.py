"""The matching engine: its plans against other solvers, naive recounts and properties that any plan has."""
