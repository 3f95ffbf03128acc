"""What both clients are made of: options, accounts, claims, and what they resume."""
