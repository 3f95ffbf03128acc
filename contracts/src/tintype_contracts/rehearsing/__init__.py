"""A plugin's hooks played through documented exchanges, without a network."""
