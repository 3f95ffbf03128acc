"""HTTP as values: which addresses are trusted, bodies, headers and events as bytes."""
