"""What the gate judges by: evidence that can be compared, intervals of means, rules and budgets."""
