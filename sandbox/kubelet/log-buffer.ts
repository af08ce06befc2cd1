export interface LogLine {
  readonly at: number
  readonly text: string
}

/** What one container instance printed; followers get every later line until it is closed. */
export class LogBuffer {
  readonly lines: LogLine[] = []
  readonly #followers = new Set<{ line: (line: LogLine) => void; end: () => void }>()
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  write(at: number, text: string): void {
    const line = { at, text }
    this.lines.push(line)
    for (const follower of [...this.#followers]) follower.line(line)
  }

  /** The process has ended: followers are told, and no line comes any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const follower of [...this.#followers]) follower.end()
    this.#followers.clear()
  }

  follow(follower: { line: (line: LogLine) => void; end: () => void }): () => void {
    if (this.#closed) {
      follower.end()
      return () => undefined
    }
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }
}
