/** A line on a terminal that is overwritten, and gone at the end. */
interface ProgressLine {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

/** Says on a terminal what long work is at; elsewhere it says nothing. */
export function progressLine(): ProgressLine {
  let shown = "";
  const show = (text: string) => {
    if (process.stderr.isTTY && text !== shown) process.stderr.write(`\r\u001b[K${text}`);
    shown = text;
  };
  return { show, clear: () => show("") };
}
