import { isObject } from "../../event/object.js";
import type { AttributeValue, Attributes } from "./values.js";

/** What an agent was asked to do, where the emitter records what models are told: the last thing a user said. */
export function taskOf(attributes: Attributes): string | undefined {
  for (const name of ["gen_ai.input.messages", "input.value", "ai.prompt", "ai.prompt.messages"]) {
    const said = lastUserText(parsed(attributes[name]));
    if (said) return said;
  }
  return undefined;
}

function parsed(value: AttributeValue | undefined): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The text of the last message of a user: a text, a list of messages or parts, or what holds one of these. */
function lastUserText(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim() || undefined;
  if (Array.isArray(value)) {
    const messages: unknown[] = value;
    const ofUsers = messages.filter((message) => !isObject(message) || (message["role"] ?? "user") === "user");
    return lastUserText(ofUsers.at(-1));
  }
  if (!isObject(value)) return undefined;
  for (const key of ["messages", "parts", "content", "text", "prompt", "input"]) {
    const inner: unknown = value[key];
    if (inner !== undefined && inner !== value) return lastUserText(inner);
  }
  return undefined;
}
