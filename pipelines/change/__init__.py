"""Changes: a registered transaction is checked against the register and written as one release of its commune."""
