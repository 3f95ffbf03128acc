"""What is right and what is wrong: how a value, a request or a hook is judged."""
