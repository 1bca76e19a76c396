import type { Check } from "./checks.ts";

/** Faults shown of one check. */
const FAULTS_MAX = 12;

export interface Report {
  readonly lines: readonly string[];
  readonly isReady: boolean;
}

/** Runs checks one after the other: one line each, and below a failure what was found. */
export const runChecks = async (checks: readonly Check[]): Promise<Report> => {
  const lines: string[] = [];
  let isReady = true;
  for (const check of checks) {
    const faults = await findFaults(check);
    isReady &&= faults.length === 0;
    lines.push(...describe(check, faults));
  }
  return { lines, isReady };
};

const findFaults = async ({ find }: Check): Promise<readonly string[]> => {
  try {
    return await find();
  } catch (error) {
    return [`it could not be looked at: ${error instanceof Error ? error.message : "failed"}`];
  }
};

const describe = ({ name, whatToDo }: Check, faults: readonly string[]): string[] => {
  if (faults.length === 0) return [`ok    ${name}`];
  const left = faults.length - FAULTS_MAX;
  const shown = faults.slice(0, FAULTS_MAX).map((fault) => `        ${fault}`);
  return [`FAIL  ${name}: ${whatToDo}`, ...shown, ...(left > 0 ? [`        and ${left} more`] : [])];
};
