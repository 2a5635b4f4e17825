import { describe, expect, it } from "vitest";

import { parseOutcomes, parseTasks, TableError } from "./parse-table.js";

const TASKS = '{"task_id":"a","domain":"web","text":"draw a page"}\n\n{"task_id":"b","text":"test it"}\n';

function problem(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof TableError) return error.message;
    throw error;
  }
  return "";
}

describe("tasks", () => {
  it("are read line by line, with a byte order mark, empty lines and Windows' ends of lines", () => {
    const expected = [
      { task_id: "a", domain: "web", text: "draw a page" },
      { task_id: "b", domain: null, text: "test it" },
    ];
    expect(parseTasks(TASKS)).toEqual(expected);
    expect(parseTasks(`\uFEFF${TASKS.replaceAll("\n", "\r\n")}`)).toEqual(expected);
  });

  it.each([
    ["", "line 1, column 1: there is no task"],
    [`${TASKS}{"task_id": oops}`, "line 4, column 13: this is not JSON"],
    ["[1]", "line 1, column 1: expected a JSON object"],
    ['{"text":"x"}', "line 1, column 1: task_id must be a text that is not empty, and is missing"],
    ['{"task_id":"a","text":7}', "line 1, column 16: text must be a text"],
    ['{"task_id":"a","text":"x","domain":[]}', "line 1, column 27: domain must be a text or null"],
    [`${TASKS}{"task_id":"a","text":"again"}`, 'line 4, column 1: task "a" stands in line 1 already'],
  ])("%j: what is wrong is located", (text, message) => {
    expect(problem(() => parseTasks(text))).toContain(message);
  });
});

describe("outcomes", () => {
  const tasks = parseTasks(TASKS);
  const header = "task_id,agent,trial,success,duration_s,tokens\n";

  it("are read by the names of their columns, in any order, others passed over", () => {
    const table = parseOutcomes('\uFEFFsuccess,agent,task_id\r\n1,"Ann, ""the"" agent",a\r\n0.5,bob,b\r\n', tasks);
    expect(table.agents).toEqual(['Ann, "the" agent', "bob"]);
    expect(table.success(0, 0, 0)).toBe(1);
    expect(table.rate(1, 1, [0])).toBe(0.5);
    expect(table.success(0, 1, 0)).toBeNaN();
    expect(table.duration(0, 0, 0)).toBeNull();
  });

  it("have trials in order of their number, and durations", () => {
    const table = parseOutcomes(`${header}a,x,10,1,2.5,\na,x,9,0,,\n`, tasks);
    expect(table.trials).toEqual(["9", "10"]);
    expect(table.success(0, 0, 1)).toBe(1);
    expect(table.duration(0, 0, 1)).toBe(2.5);
    expect(table.rate(0, 0, [0, 1])).toBe(0.5);
  });

  it.each([
    ["", "line 1, column 1: there is no outcome"],
    [header, "line 1, column 1: there is no outcome"],
    ["task_id,agent\na,x\n", "line 1, column 1: the header has no success"],
    [`${header}a,x,0,1,,\nc,x,0,1,,\n`, 'line 3, column 1: task_id "c" is not among the tasks'],
    [`${header}a,,0,1,,\n`, 'line 2, column 2: agent "" is empty'],
    [`${header}a,x,0,yes,,\n`, 'line 2, column 4: success "yes" is not a number from 0 to 1'],
    [`${header}a,x,0,,,\n`, 'line 2, column 4: success "" is not'],
    [`${header}a,x,0,1.5,,\n`, 'line 2, column 4: success "1.5" is not'],
    [`${header}a,x,0,1,-1,\n`, 'line 2, column 5: duration_s "-1" is not a duration'],
    [`${header}a,x\n`, "line 2"],
    [`${header}a,"x,0,1,,\n`, "line 2"],
  ])("%j: what is wrong is located", (text, message) => {
    expect(problem(() => parseOutcomes(text, tasks))).toContain(message);
  });
});
