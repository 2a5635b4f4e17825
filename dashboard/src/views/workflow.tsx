export function Workflow({ id }: { id: string }) {
  return <h1>{id}</h1>;
}
