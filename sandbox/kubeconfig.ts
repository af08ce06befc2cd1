/** A kubeconfig for the simulated cluster: plain HTTP on localhost, no credentials. */
export function kubeconfigFor(url: string, name = 'faultline-sandbox'): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
- name: ${name}
  cluster:
    server: ${url}
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
