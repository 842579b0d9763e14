"""What pictures show of themselves: checks of a folder, near duplicates, descriptors, drift."""
