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
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly tls: Tls
}

/** Lets calls in: asked before each of them, so that whatever expires or rotates is noticed. */
export interface AccessSource {
  read(): Promise<Access>
  /** After a 401 on `refused`: the next `read` may give something new. False when nothing can be renewed. */
  renew(refused: Access): boolean
  /** Who the calls are, and where that stands: `user "dev" of kubeconfig /home/ann/.kube/config`. Told with every 401. */
  readonly caller?: string
}

const tlsParts = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const

/** Whether two connections can be one. */
export function sameTls(a: Tls, b: Tls): boolean {
  return tlsParts.every((part) => String(a[part]) === String(b[part]))
}

/** Whether a call that was refused with one would be refused with the other. */
export function sameAccess(a: Access, b: Access): boolean {
  return JSON.stringify(a.headers) === JSON.stringify(b.headers) && sameTls(a.tls, b.tls)
}
