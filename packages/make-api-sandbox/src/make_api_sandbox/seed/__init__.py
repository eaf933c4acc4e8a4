"""The company every new sandbox starts with."""
