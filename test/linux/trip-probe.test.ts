import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { injectorScript } from '../../lib/faults/injector/script/injector-script.ts'
import { TestNode } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { echoServer } from './support/traffic.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

/** What the script's own function measures of a peer, from inside a pod: "sent lost twice damaged average-ms deviation-ms". */
function tripTo(pod: TestPod, peer: string, ports: string): string {
  const code = `inside() { nsenter --net=/run/netns/${pod.name} "$@"; }
    WORK=$(mktemp -d) N=1 PEERS=$1 PORTS=$2
    trip_probe 1 && cat "$WORK/probe.1"; rm -r "$WORK"`
  return node.run(`FAULTLINE_ROLE=functions sh -c "$1" sh "$2" "$3"`, `${injectorScript}\n${code}`, peer, ports)
}

describe('a round trip to a peer that answers no pings', () => {
  it('is measured by connections: to the port that is meant, or to any that refuses; by either family', async () => {
    const [pod, peer] = [await node.pod(), await node.pod()]
    peer.net('iptables -A INPUT -p icmp -j DROP; ip6tables -A INPUT -p ipv6-icmp --icmpv6-type 128 -j DROP')
    const server = await echoServer(node, peer, 5432)
    const measured = /^5 0 0 0 \d+\.\d \d+\.\d$/
    expect(pod.pings(peer.address)).toBe(false)
    expect(tripTo(pod, peer.address, '5432/tcp')).toMatch(measured)
    expect(tripTo(pod, peer.address, '')).toMatch(measured)
    expect(tripTo(pod, peer.address6, '5432')).toMatch(measured)
    server.stop()
  })

  it('is none where nothing comes back', async () => {
    const [pod, peer] = [await node.pod(), await node.pod()]
    peer.net('iptables -A INPUT -j DROP')
    expect(tripTo(pod, peer.address, '5432')).toBe('')
  })
})
