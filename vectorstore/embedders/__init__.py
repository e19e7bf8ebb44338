"""One file per way of turning text into vectors."""
