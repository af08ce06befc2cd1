/** What a command may use of the process it runs in; tests pass their own. */
export interface Terminal {
  readonly out: Output
  readonly err: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** True when the picture may be redrawn: a person looks at it. */
  readonly isLive: boolean
  readonly hasColour: boolean
  /** Calls back at each SIGINT, SIGTERM or SIGHUP until the returned function is called; without a listener they end the process. */
  onInterrupt(listener: () => void): () => void
}

export interface Output {
  write(text: string): void
  readonly columns: number
  readonly rows: number
}

/** Prints one line. */
export function print(output: Output, line = ''): void {
  output.write(`${line}\n`)
}
