import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { KubeUser } from './kubeconfig.ts'

/** What a kubeconfig's `auth-provider` gives, by @kubernetes/client-node: it knows how OIDC tokens are renewed. */
export interface ProviderCredentials {
  /** The Authorization header; null when it gives none. */
  authorization(): Promise<string | null>
}

/** Opens one; nothing that it cached before is known to it. */
export function openAuthProvider({ name, authProvider }: KubeUser): ProviderCredentials {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name, server: 'https://authenticated.invalid', skipTLSVerify: false }],
    users: [{ name, authProvider: { name: authProvider?.name, config: { ...authProvider?.config } } }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  })
  return {
    authorization: async () => {
      const options: RequestOptions = { headers: {} }
      await config.applyToHTTPSOptions(options)
      const { Authorization } = options.headers as Readonly<Record<string, string | undefined>>
      return Authorization?.trim() ?? null
    },
  }
}
