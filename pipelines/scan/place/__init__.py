"""Where a sheet lies on the ground: its frame, crosses and print, control points, the fit and its residuals."""
