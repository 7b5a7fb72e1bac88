"""The desk of the officer: the review file, what was corrected in it, the report page, what is doubtful and why."""
