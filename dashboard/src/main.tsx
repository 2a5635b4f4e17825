import { render } from "preact";

import { App } from "./app.js";
// oxlint-disable-next-line import/no-unassigned-import -- the builder makes a file of it
import "./style.css";

render(<App />, document.getElementById("app")!);
