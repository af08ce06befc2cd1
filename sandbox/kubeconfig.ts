/** A kubeconfig for the simulated cluster: plain HTTP on localhost, no credentials. client-node speaks plain HTTP only with skip-verify. */
export function kubeconfigFor(url: string, name = 'faultline-sandbox'): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
- name: ${name}
  cluster:
    server: ${url}
    insecure-skip-tls-verify: true
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
users:
- name: ${name}
  user: {}
`
}
