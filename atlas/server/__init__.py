"""The server: pygeoapi behind one ASGI app, with a provider over the land database."""
