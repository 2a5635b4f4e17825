/**
 * From when to when a workflow ran, in microseconds; the end is null while there is none. Loggers round durations, and
 * some log a start late: nothing is cut off that either of the two may mean.
 */
export const WINDOW_FROM =
  "coalesce(least(epoch_us(started_at), epoch_us(ended_at) - round(duration_seconds * 1e6)), epoch_us(started_at), 0)::DOUBLE";
export const WINDOW_TO = "greatest(epoch_us(started_at) + round(duration_seconds * 1e6), epoch_us(ended_at))::DOUBLE";
