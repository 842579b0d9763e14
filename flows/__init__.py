"""The data's way: dataset -> teacher -> student -> benchmark -> gate -> registry -> report."""
