import type { TelemetryAnalyzer } from "../analyzer.js";
import type { WorkflowDetail, WorkflowSummary } from "../analyze/workflow-detail.js";
import { parseTimestamp } from "../event/clock.js";
import { stepsOf, type Change } from "./changes.js";

/** What is running, and what ended last. */
export interface WatchState {
  /** Milliseconds: when it was so. */
  readonly at: number;
  /** Workflows that are running, of which `workflows` are those that started last. */
  readonly running: number;
  readonly workflows: readonly WorkflowDetail[];
  /** Last end first. */
  readonly ended: readonly WorkflowSummary[];
}

/** Workflows that are followed at once: each one that something happens in costs a few queries. */
const MOST_FOLLOWED = 200;

/** Workflows that are looked through for some that started and ended between two looks. */
const LATEST = 100;

/** What ended before the watch began by more than this is history, which is not told. */
const HISTORY_MILLISECONDS = 60_000;

const MOST_ENDED = 50;

/** Ids of workflows that are remembered, so that what was told of them is not told again. */
const MOST_REMEMBERED = 20_000;

/**
 * Follows the workflows of a telemetry directory: asks the analyzer how they are, and finds out what has happened since
 * the last time. What was told once is never told again, whatever becomes of the log: the Python logger empties a file
 * and writes it anew for every line that changes.
 */
export class Watcher {
  readonly #analyzer: TelemetryAnalyzer;
  readonly #all: boolean;
  readonly #now: () => number;
  readonly #began: number;
  /** What was told of each workflow; of one that was only seen in a list, nobody knows yet what there is to tell. */
  readonly #told = new Map<string, Set<string> | undefined>();
  readonly #followed = new Map<string, { readonly detail: WorkflowDetail; readonly signature: string }>();
  /** Workflows that have not been asked about since the log changed, though they look the same. */
  readonly #unsure = new Set<string>();
  /** What has happened and was not given yet: it outlives a look that fails half-way. */
  #news: Change[] = [];
  #ended: readonly WorkflowSummary[] = [];
  #running: readonly string[] = [];
  #total = 0;
  #at: number;
  #seeded = false;

  /** @param options `all`: also workflows that have been silent for long; `now`: milliseconds */
  constructor(
    analyzer: TelemetryAnalyzer,
    { all, now = Date.now }: { all: boolean; now?: (() => number) | undefined },
  ) {
    this.#analyzer = analyzer;
    this.#all = all;
    this.#now = now;
    this.#began = now();
    this.#at = this.#began;
  }

  /** How it is, as of the last look. */
  get state(): WatchState {
    const workflows = this.#running.flatMap((id) => this.#followed.get(id)?.detail ?? []);
    return { at: this.#at, running: this.#total, workflows, ended: this.#ended };
  }

  /** Whether {@link settle} has something to do. */
  get unsure(): boolean {
    return this.#unsure.size > 0;
  }

  /**
   * Reads what is new in the log.
   *
   * @returns what has happened since the last look, in order; nothing the first time
   */
  async look(): Promise<Change[]> {
    this.#at = this.#now();
    const running = await this.#analyzer.listWorkflows({ status: "running" }, { limit: MOST_FOLLOWED });
    const silent = this.#all
      ? await this.#analyzer.listWorkflows({ status: "abandoned" }, { limit: MOST_FOLLOWED })
      : { total: 0, workflows: [] };
    const latest = (await this.#analyzer.listWorkflows({}, { limit: LATEST })).workflows;
    const present = [...running.workflows, ...silent.workflows];
    const before = this.#running;
    const now = present.map(({ workflow_id }) => workflow_id);
    for (const summary of present) {
      const { workflow_id } = summary;
      if (this.#followed.get(workflow_id)?.signature === signatureOf(summary)) this.#unsure.add(workflow_id);
      else await this.#follow(workflow_id);
    }
    const still = new Set(now);
    for (const id of before) if (!still.has(id)) await this.#follow(id);
    await this.#meet(latest.filter(({ workflow_id }) => !still.has(workflow_id)));
    this.#remember(latest);
    // Last: after a look that failed, the next one must ask about the same.
    this.#running = now;
    this.#total = running.total + silent.total;
    this.#seeded = true;
    return this.#takeNews();
  }

  /**
   * Asks about the workflows that looked the same at the last look, as a handoff alone does not show there.
   *
   * @param goOn whether to ask about one more: asking reads the log again if it changes all the time
   */
  async settle(goOn: () => Promise<boolean>): Promise<Change[]> {
    for (const id of this.#unsure) {
      await this.#follow(id);
      if (!(await goOn())) break;
    }
    return this.#takeNews();
  }

  #takeNews(): Change[] {
    const news = inOrder(this.#news);
    this.#news = [];
    return news;
  }

  /** Finds out what is new in a workflow. */
  async #follow(id: string): Promise<void> {
    const detail = await this.#analyzer.getWorkflow(id);
    this.#unsure.delete(id);
    // The file that it stood in is being written anew, or was emptied for good.
    if (!detail) {
      this.#followed.delete(id);
      return;
    }
    if (detail.status === "running" || (this.#all && detail.status === "abandoned"))
      this.#followed.set(id, { detail, signature: signatureOf(detail) });
    else this.#followed.delete(id);
    if (detail.ended_at !== null) this.#remember([detail]);
    this.#tell(detail);
  }

  /** Workflows that are not running: those that were never seen running started and ended since the last look. */
  async #meet(summaries: readonly WorkflowSummary[]): Promise<void> {
    for (const { workflow_id, ended_at } of summaries) {
      if (this.#told.has(workflow_id)) continue;
      if (this.#seeded && this.#isNews(ended_at)) await this.#follow(workflow_id);
      else this.#setTold(workflow_id, undefined);
    }
  }

  #tell(detail: WorkflowDetail): void {
    const { workflow_id } = detail;
    const before = this.#told.get(workflow_id);
    const told = before ?? new Set();
    // What went on before the watch began is shown, not told.
    const isHistory = this.#told.has(workflow_id) || !this.#isNews(detail.ended_at ?? detail.started_at);
    const steps = stepsOf(detail, this.#now()).filter(({ key }) => !told.has(key));
    for (const { key } of steps) told.add(key);
    this.#setTold(workflow_id, told);
    if (!this.#seeded || (!before && isHistory)) return;
    for (const { change } of steps) this.#news.push(change);
  }

  #isNews(time: string | null): boolean {
    const milliseconds = time === null ? undefined : parseTimestamp(time);
    return milliseconds !== undefined && milliseconds >= this.#began - HISTORY_MILLISECONDS;
  }

  #setTold(id: string, told: Set<string> | undefined): void {
    this.#told.set(id, told);
    if (this.#told.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined && !this.#followed.has(oldest)) this.#told.delete(oldest);
  }

  /** Adds to those that ended last. */
  #remember(summaries: readonly WorkflowSummary[]): void {
    const byId = new Map([...this.#ended, ...summaries].map((summary) => [summary.workflow_id, summary]));
    this.#ended = [...byId.values()]
      .filter(({ ended_at }) => ended_at !== null)
      .toSorted((a, b) => (a.ended_at! < b.ended_at! ? 1 : a.ended_at! > b.ended_at! ? -1 : 0))
      .slice(0, MOST_ENDED);
  }
}

/** What changes in a summary when a run begins or ends, or the workflow does. */
function signatureOf({ status, agents, running_agents, ended_at, agent_plan }: WorkflowSummary): string {
  return JSON.stringify([status, agents, running_agents, ended_at, agent_plan]);
}

/** By time; what happened in one workflow stays as it is. */
function inOrder(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
