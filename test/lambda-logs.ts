/** What the functions of a local cloud have logged, as CloudWatch has it. */
import * as z from "zod";
import type { StackFile } from "../local/cloud/stack-file.ts";

const groupsAnswer = z.object({ logGroups: z.array(z.object({ logGroupName: z.string() })) });
const eventsAnswer = z.object({ events: z.array(z.object({ message: z.string() })) });

/** Every line of every function, up to 10,000 of each. */
export async function readLambdaLogs({ aws_endpoint, aws_region }: StackFile): Promise<string[]> {
  const credential = `AWS4-HMAC-SHA256 Credential=test/20260101/${aws_region}/logs/aws4_request`;
  const ask = async (action: string, body: object): Promise<unknown> => {
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Logs_20140328.${action}`,
      authorization: `${credential}, SignedHeaders=host, Signature=x`,
    };
    return (await fetch(aws_endpoint, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  const { logGroups } = groupsAnswer.parse(await ask("DescribeLogGroups", {}));
  const answers = logGroups.map(({ logGroupName }) => ask("FilterLogEvents", { logGroupName, limit: 10_000 }));
  return (await Promise.all(answers)).flatMap((answer) => eventsAnswer.parse(answer).events.map((one) => one.message));
}

const look = z.object({ event: z.literal("job_look"), job_id: z.string(), job_type: z.string(), look_ms: z.number() });

/** What one job cost the worker: its looks, and the seconds that they took together. */
export interface WorkerSeconds {
  readonly jobType: string;
  readonly looks: number;
  readonly seconds: number;
}

/** Of every job of these lines, by its id. */
export function sumLooks(lines: readonly string[]): Map<string, WorkerSeconds> {
  const sums = new Map<string, WorkerSeconds>();
  for (const line of lines) {
    const json = line.slice(line.indexOf("{"));
    if (!json.includes('"job_look"')) continue;
    const { job_id, job_type: jobType, look_ms } = look.parse(JSON.parse(json));
    const { looks, seconds } = sums.get(job_id) ?? { looks: 0, seconds: 0 };
    sums.set(job_id, { jobType, looks: looks + 1, seconds: seconds + look_ms / 1000 });
  }
  return sums;
}
