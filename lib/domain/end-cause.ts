/**
 * What ended a fault before its planned end, where that is known. `fuse_burnt`: Kubernetes, at the fuse's own deadline; `fuse_deleted`: a
 * person, or another client.
 */
export type EndCause = 'oom_killed' | 'evicted' | 'deleted' | 'restarted' | 'node_lost' | 'file_removed' | 'fuse_burnt' | 'fuse_deleted'
