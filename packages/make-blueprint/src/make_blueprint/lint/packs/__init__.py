"""The rules, one module for each subject; found by looking, nothing is registered."""
