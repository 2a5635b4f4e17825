/** Whether an environment variable says no: `false`, `0`, `off` or `no`. */
export function isOff(name: string, env = process.env): boolean {
  return /^(?:false|0|off|no)$/i.test(env[name]?.trim() ?? "");
}

/** Whether the environment allows recording: unless `OAK_TELEMETRY_ENABLED` says no. */
export function recordingEnabled(): boolean {
  return !isOff("OAK_TELEMETRY_ENABLED");
}
