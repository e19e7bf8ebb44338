"""Predictions of what stands in a column: who says yes, and any yes-no or numeric attribute of a customer."""
