"""What is written in the faces: signs, words, numbers and codes, held against area, register and each other."""
