"""The commands of `restill` that have a file of their own; `flows/cli.py` puts them together."""
