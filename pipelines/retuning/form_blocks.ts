/**
 * How responses kept to the form, and responses as they are, for the report's page.
 *
 * @module
 */

import {
  EVIDENCE_PROBLEMS,
  EVIDENCE_REPAIRS,
  type EvidenceCounts,
  type EvidenceProblem,
  type EvidenceRepair,
} from "../../ops/evidence/mod.ts";
import {
  type ReportBlock,
  type ResultTable,
  resultTable,
} from "../../runtime/display/mod.ts";
import type { RetuningReport } from "./report_schema.ts";
import type { ShownResponse } from "./shown_responses.ts";

const PROBLEM_NAMES: Readonly<Record<EvidenceProblem, string>> = {
  empty: "nothing was written",
  tooLong: "too long to be read",
  thinkMissing: "no thoughts",
  scoreMissing: "no scores",
  scoreUnreadable: "scores cannot be read",
  scoreOutOfRange: "a score above 10",
  changeMissing: "no change",
  changeUnreadable: "the change cannot be read",
  changeOutOfRange: "a change above 100 %",
  answerMissing: "no answer",
  answerUnknown: "an answer that is none of the three",
};

const REPAIR_NAMES: Readonly<Record<EvidenceRepair, string>> = {
  answerCase: "capital letters in the answer",
  answerMarks: "marks around the answer",
  changePercent: "a change in per cent",
  changeDigits: "not four decimals",
  scoreBrackets: "no brackets around scores",
  severalTags: "a tag several times: the last one counts",
  order: "tags in another order",
  textAround: "text around the tags",
  thinkBegin: "thoughts that do not begin with their tag",
};

/** The responses of the model at its three stages. */
function stagesOf(
  { begunResponses, responses, untunedResponses }: RetuningReport,
): readonly (readonly [string, EvidenceCounts])[] {
  return [
    ["untuned", untunedResponses],
    ["tuned on examples", begunResponses],
    ["tuned on examples and rewards", responses],
  ];
}

/**
 * How well responses kept to the form, before and after each stage.
 *
 * @param report The report.
 * @returns A table for page and terminal.
 */
export function formTable(report: RetuningReport): ResultTable {
  return resultTable(
    [
      "the model",
      "responses",
      "to the letter",
      "repaired",
      "malformed",
      "no answer",
    ],
    stagesOf(report).map(([name, counts]) => [
      name,
      counts.responses,
      counts.strict,
      counts.repaired,
      counts.malformed,
      counts.unanswered,
    ]),
    {
      caption:
        "How well responses kept to the form, to the letter or after repairs by rule; those without an answer do not vote",
    },
  );
}

function tallyTable<K extends string>(
  report: RetuningReport,
  names: readonly K[],
  labels: Readonly<Record<K, string>>,
  of: (counts: EvidenceCounts) => Partial<Record<K, number>>,
  caption: string,
): ResultTable[] {
  const stages = stagesOf(report);
  const found = names.filter((name) =>
    stages.some(([, counts]) => (of(counts)[name] ?? 0) > 0)
  );
  return found.length === 0 ? [] : [resultTable(
    ["what", ...stages.map(([name]) => name)],
    found.map((name) => [
      labels[name],
      ...stages.map(([, counts]) => of(counts)[name] ?? 0),
    ]),
    { caption },
  )];
}

/**
 * The form of the responses: counts, what was wrong, what was repaired.
 *
 * @param report The report.
 * @returns Blocks of a section.
 */
export function formBlocks(report: RetuningReport): ReportBlock[] {
  return [
    formTable(report),
    ...tallyTable(
      report,
      EVIDENCE_PROBLEMS,
      PROBLEM_NAMES,
      ({ problems }) => problems,
      "What was wrong and is not repaired; a response may have several",
    ),
    ...tallyTable(
      report,
      EVIDENCE_REPAIRS,
      REPAIR_NAMES,
      ({ repairs }) => repairs,
      "What was repaired by a stated rule",
    ),
  ];
}

function percent(part: number): string {
  return `${part > 0 ? "+" : ""}${(100 * part).toFixed(2)} %`;
}

/**
 * A response with what was asked, what was read from it and what happened. Neither
 * prompt nor response is taken as anything but text.
 *
 * @param shown The response.
 * @returns A block that opens on demand.
 */
export function responseBlock(
  { day, id, prompt, read, response, truth }: ShownResponse,
): ReportBlock {
  const { answer, change, down, isStrict, problems, repairs, up } = read;
  const parts = [
    `answer ${answer ?? "none"}`,
    up === null || down === null
      ? "no scores"
      : `scores ${up} for up and ${down} for down`,
    change === null ? "no change" : `change ${percent(change)}`,
  ];
  const remarks = [
    ...problems.map((one) => PROBLEM_NAMES[one]),
    ...repairs.map((one) => `repaired: ${REPAIR_NAMES[one]}`),
  ];
  return {
    kind: "details",
    summary: `${day}, ${id}: answered ${
      answer ?? "nothing"
    }, was ${truth.answer}`,
    blocks: [{
      kind: "definitions",
      entries: [
        ["prompt", prompt],
        ["response", response === "" ? "(empty)" : response],
        ["read as", parts.join("; ")],
        ["form", isStrict ? "to the letter" : remarks.join("; ")],
        ["what happened", `${truth.answer}, ${percent(truth.change)}`],
      ],
    }],
  };
}
