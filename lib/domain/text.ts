/**
 * The text's first characters, and well-formed: half a surrogate pair (a character that was cut in two, or an answer's own nonsense) cannot
 * be stored or sent as UTF-8, so `\uFFFD` stands for it.
 */
export function cutTo(text: string, length: number): string {
  return text.slice(0, length).toWellFormed()
}
