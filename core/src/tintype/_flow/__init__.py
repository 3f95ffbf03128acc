"""The flows: generators that yield effects, and what they decide by. No I/O."""
