"""Who earns more because the offer was sent: economics, uplift, allocation, test planning, read-out."""
