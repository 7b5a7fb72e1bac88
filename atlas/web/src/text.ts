/**
 * Lower-case letters without diacritics, one character for each character of the NFC text, so that a position in
 * the folded text is the same position in the original.
 */
export function fold(text: string): string {
  return [...text.normalize("NFC")].map(foldLetter).join("");
}

function foldLetter(letter: string): string {
  // U+0111 has no decomposition; U+00F0 (Icelandic eth) is a frequent look-alike of it in old files.
  const lower = letter.toLowerCase();
  if (lower === "đ" || lower === "ð") return "d";
  const base = [...lower.normalize("NFD")][0] ?? "";
  return base.length === letter.length ? base : letter;
}

/** Letters and digits only, folded, words separated by one blank. */
export function foldWords(text: string): string {
  return fold(text)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
