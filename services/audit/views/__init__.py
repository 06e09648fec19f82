"""What a school reads back; nothing here writes."""
