/** TLS settings of a connection, as node:tls takes them. */
export interface Tls {
  readonly ca?: Buffer | string
  readonly cert?: Buffer | string
  readonly key?: Buffer | string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** What a call needs to be let in. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Tls
}

/** Lets calls in: asked before each of them, so that whatever expires or rotates is noticed. */
export interface AccessSource {
  read(): Promise<Access>
  /** After a 401 on `refused`: the next `read` gives something new. False when nothing can be renewed. */
  renew(refused: Access): boolean
}
