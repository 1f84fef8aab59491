"""Of the comparison of rules."""
