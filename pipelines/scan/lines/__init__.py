"""From ink to closed faces: line work told from writing, followed to a part of a pixel, gaps closed with evidence."""
