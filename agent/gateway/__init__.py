"""What may leave the machine: pseudonyms, the record of what was sent, budgets."""
