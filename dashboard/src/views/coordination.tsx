export function Coordination() {
  return <h1>Coordination</h1>;
}
