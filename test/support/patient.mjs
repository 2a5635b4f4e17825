// Loaded ahead of a program (`node --import`), makes it wait sixty times as long before it gives up: what a test wants to
// see must not depend on how busy the machine is. What a program does again and again in shorter times stays as it is.
// PATIENT_FROM says from how many milliseconds on it is patience.
const FACTOR = 60;
const FROM = Number(process.env["PATIENT_FROM"] ?? 1000);

/** @param {number | undefined} milliseconds */
const stretched = (milliseconds = 0) => (milliseconds >= FROM ? milliseconds * FACTOR : milliseconds);

const { setTimeout: wait } = globalThis;
globalThis.setTimeout = Object.assign(
  /** @param {[use: () => void, milliseconds?: number]} args */
  (...[use, milliseconds, ...more]) => wait(use, stretched(milliseconds), ...more),
  wait,
);
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (milliseconds) => timeout(stretched(milliseconds));
