/** Names that only the embedded cluster knows: what stands there for the owner's injector image and for the cordon fuse's. */
export const simulatedImages = { injector: 'faultline.dev/sandbox/injector:1', cordonFuse: 'faultline.dev/sandbox/kubectl:1' } as const
