/** The port a jadevectordb pod serves on. */
export const workloadPort = 8080
export const workloadImage = 'faultline.dev/sandbox/jadevectordb'
