import type { Cluster } from '../cluster.ts'
import type { Manifest } from '../wire.ts'
import { workloadImage, workloadPort } from './image.ts'

export const workloadNamespace = 'jadevectordb-system'
export const workloadName = 'jadevectordb'
const injectorNamespace = 'faultline-injectors'
const simulatedKey = 'faultline.dev/simulated'

/** One node of the simulated cluster; nodes are spread over zones round-robin. */
export function nodeManifest(index: number, zones: number, now: string): Manifest {
  const name = `sandbox-node-${index + 1}`
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status (simulated)',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  const fine = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({
    type,
    status: 'False',
    reason: 'Fine',
    message: '',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }))
  const room = { cpu: '8', memory: '32Gi', pods: '250', 'ephemeral-storage': '100Gi' }
  const zone = `sandbox-${String.fromCharCode(97 + (index % zones))}`
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': 'sandbox',
        'topology.kubernetes.io/zone': zone,
        [simulatedKey]: 'true',
      },
    },
    spec: { podCIDR: `10.244.${index}.0/24`, providerID: `faultline-sandbox://${name}` },
    status: {
      conditions: [...fine, ready],
      addresses: [
        { type: 'InternalIP', address: `172.18.0.${3 + index}` },
        { type: 'Hostname', address: name },
      ],
      capacity: room,
      allocatable: room,
      nodeInfo: {
        kubeletVersion: 'v1.34.0+faultline-sandbox',
        osImage: 'simulated',
        kernelVersion: '6.0.0-simulated',
        containerRuntimeVersion: 'containerd://2.0.0-simulated',
        architecture: 'amd64',
        operatingSystem: 'linux',
        bootID: '',
        machineID: '',
        systemUUID: '',
        kubeProxyVersion: '',
      },
    },
  }
}

/** The namespaces of a fresh cluster; `kube-system`'s UID names the cluster. */
export function createNamespaces(cluster: Cluster, workload: boolean): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    const annotations = name === 'kube-system' ? { [simulatedKey]: 'true' } : {}
    cluster.create('namespaces', { metadata: { name, annotations } })
  }
  const privileged = { 'pod-security.kubernetes.io/enforce': 'privileged' }
  cluster.create('namespaces', { metadata: { name: injectorNamespace, labels: privileged } })
  cluster.create('serviceaccounts', { metadata: { name: 'faultline-cordon-fuse', namespace: injectorNamespace } })
  if (workload) cluster.create('namespaces', { metadata: { name: workloadNamespace } })
}

function template(labels: Record<string, string>): Manifest {
  return {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: workloadName,
          image: `${workloadImage}:1`,
          ports: [{ name: 'http', containerPort: workloadPort, protocol: 'TCP' }],
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1, failureThreshold: 2 },
          resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }],
    },
  }
}

/** The default workload: a Deployment, its Service and, if asked for, a disruption budget. */
export function createWorkload(cluster: Cluster, { replicas, budget }: { replicas: number; budget: boolean }): void {
  const labels = { app: workloadName }
  const metadata = { name: workloadName, namespace: workloadNamespace, labels }
  cluster.create('deployments', { metadata, spec: { replicas, selector: { matchLabels: labels }, template: template(labels) } })
  cluster.create('services', {
    metadata,
    spec: { selector: labels, ports: [{ name: 'http', port: workloadPort, targetPort: 'http', protocol: 'TCP' }] },
  })
  if (budget) cluster.create('poddisruptionbudgets', { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } })
}
