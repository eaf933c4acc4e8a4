"""The interpreter that runs a blueprint; pure but for the ports it is given."""
