interface Properties {
  readonly name: string;
  /** What may be typed, for instance. */
  readonly placeholder: string;
  readonly value: string | undefined;
  /** Told at each key what has been typed. */
  readonly onText: (text: string) => void;
  readonly wide?: boolean;
}

/** A field that something is looked for by, with its name above. */
export function SearchField({ name, placeholder, value, onText, wide = false }: Properties) {
  return (
    <label class={wide ? "wide" : undefined}>
      {name}
      <input
        type="search"
        placeholder={placeholder}
        value={value ?? ""}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}
