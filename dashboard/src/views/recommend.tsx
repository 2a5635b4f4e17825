export function Recommend() {
  return <h1>Recommend</h1>;
}
