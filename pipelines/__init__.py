"""What is done to the data: package, digitize, normalize, validate, load, publish."""
