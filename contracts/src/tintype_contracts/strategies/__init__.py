"""What is put to a plugin: requests to build, answers to read, values in their places."""
