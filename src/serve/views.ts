/** The views of the page, in their order: each has its address, and its first letter, behind `g`, is its key. */
export const VIEWS = ["now", "workflows", "agents", "coordination", "recommend"] as const;

/** One of {@link VIEWS}. */
export type ViewName = (typeof VIEWS)[number];
