export function Agents() {
  return <h1>Agents</h1>;
}

export function Agent({ id }: { id: string }) {
  return <h1>{id}</h1>;
}
