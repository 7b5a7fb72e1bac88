"""The picture of a sheet: pages and their pixels, light, stains, colours; whether it is a drawing at all."""
