"""What the report page is made of: comparisons, charts, pictures, and how numbers are written."""
