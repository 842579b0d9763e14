"""What a benchmark is made of: who is measured, on which pictures, read how; and how two compare."""
