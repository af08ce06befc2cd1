/**
 * Each id without its random end where that names one run alone: its suite and time, which every command takes for it. The ids are of one
 * list; one that is not in it may begin likewise, which a command says then.
 */
export function shortIds(ids: readonly string[]): readonly string[] {
  const short = ids.map((id) => /^(.+-\d{8}-\d{6})-[a-z0-9]+$/.exec(id)?.[1] ?? id)
  return ids.map((id, i) => {
    const begin = short[i] ?? id
    return ids.filter((other) => other.startsWith(begin)).length === 1 ? begin : id
  })
}
