/** One entry of `clusters`, as kubectl reads it; `disable-compression` needs no field, since nothing is ever asked for compressed. */
export interface KubeCluster {
  readonly name: string
  readonly server: string
  /** PEM in base64. */
  readonly caData?: string
  readonly caFile?: string
  readonly skipTLSVerify: boolean
  readonly tlsServerName?: string
  readonly proxyUrl?: string
  /** `disable-compression`, only passed on to a plugin that wants to know the cluster. */
  readonly disableCompression?: boolean
  /** What the extension `client.authentication.k8s.io/exec` holds for a plugin. */
  readonly execConfig?: unknown
}

/** A plugin that prints credentials (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins). */
export interface ExecPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly apiVersion: string
  readonly installHint: string
  readonly provideClusterInfo: boolean
}

/** Whom the API server is to take the caller for. */
export interface Impersonation {
  readonly user: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** One entry of `users`. */
export interface KubeUser {
  readonly name: string
  readonly token?: string
  readonly tokenFile?: string
  /** PEM in base64. */
  readonly certData?: string
  readonly certFile?: string
  readonly keyData?: string
  readonly keyFile?: string
  readonly username?: string
  readonly password?: string
  readonly exec?: ExecPlugin
  readonly authProvider?: { readonly name: string; readonly config: Readonly<Record<string, string>> }
  readonly impersonation?: Impersonation
}

/** A cluster and who enters it: what a context of a kubeconfig comes down to. */
export interface KubeConnection {
  readonly cluster: KubeCluster
  /** Null: the context names no user. */
  readonly user: KubeUser | null
  /** For messages: the file, or the secret, that it came from. */
  readonly from: string
}
