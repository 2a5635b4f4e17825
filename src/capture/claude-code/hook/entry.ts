import { runHook } from "./main.js";

runHook();
