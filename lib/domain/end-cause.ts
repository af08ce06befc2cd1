/** What ended a fault before its planned end, where that is known. */
export type EndCause = 'oom_killed' | 'evicted' | 'deleted' | 'restarted' | 'node_lost' | 'file_removed' | 'fuse_burnt' | 'fuse_deleted'
