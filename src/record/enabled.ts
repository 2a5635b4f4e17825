/** Whether the environment allows recording: unless `OAK_TELEMETRY_ENABLED` is `false`, `0`, `off` or `no`. */
export function recordingEnabled(): boolean {
  const value = process.env["OAK_TELEMETRY_ENABLED"]?.trim().toLowerCase();
  return value !== "false" && value !== "0" && value !== "off" && value !== "no";
}
