"""How a version becomes the champion: one at a time, on the record, and back again."""
