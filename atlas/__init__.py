"""What people see: the server, the web atlas and the offline preview. Imports `schemas` only."""
