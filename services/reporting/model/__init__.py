"""Pure rules of reporting: how figures are put together (`report.py`) and hidden (`suppression.py`)."""
