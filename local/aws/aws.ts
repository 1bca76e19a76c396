import * as z from "zod";

/** Where the emulator is, and the region everything is made in. */
export interface Target {
  endpoint: string;
  region: string;
}

/** The emulator checks neither key nor signature; these are what its tools expect. */
export const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** The account that the emulator (and LocalStack) assigns to those credentials. */
export const account = "000000000000";

/** Settings for any AWS SDK client. */
export function clientConfig({ endpoint, region }: Target) {
  return { endpoint, region, credentials };
}

/**
 * Calls CloudFormation by its query protocol (API reference: 2010-05-15) and answers its XML; two small reads do not
 * justify another SDK client. Throws with CloudFormation's message when refused.
 */
export async function callCloudFormation(target: Target, params: Record<string, string>): Promise<string> {
  const response = await fetch(target.endpoint, {
    method: "POST",
    headers: { authorization: scope(target, "cloudformation"), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Version: "2010-05-15", ...params }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`CloudFormation ${params.Action}: ${/<Message>([^<]*)/.exec(text)?.[1] ?? response.status}`);
}

/** The physical ids of a stack's resources by logical id: a table's name, a queue's URL, a function's name. */
export async function findPhysicalIds(target: Target, stackName: string): Promise<Map<string, string>> {
  const xml = await callCloudFormation(target, { Action: "DescribeStackResources", StackName: stackName });
  return parsePhysicalIds(xml);
}

/** Reads the answer of DescribeStackResources. */
export function parsePhysicalIds(xml: string): Map<string, string> {
  const ids = new Map<string, string>();
  for (const [, member = ""] of xml.matchAll(/<member>([\s\S]*?)<\/member>/g)) {
    const logicalId = /<LogicalResourceId>([^<]+)</.exec(member)?.[1];
    const physicalId = /<PhysicalResourceId>([^<]+)</.exec(member)?.[1];
    if (logicalId !== undefined && physicalId !== undefined) ids.set(logicalId, physicalId.replaceAll("&amp;", "&"));
  }
  return ids;
}

/** Runs a function and answers what it returned. Throws when it failed. */
export async function invokeFunction(target: Target, functionName: string): Promise<unknown> {
  const response = await callLambda(target, { method: "POST", path: `/${functionName}/invocations` });
  if (response.status !== 200 || response.headers.has("x-amz-function-error")) {
    throw new Error(`the probe function failed: ${await response.text()}`);
  }
  return z.json().parse(await response.json());
}

/** Deletes a function by Lambda's own API: unlike a stack's deletion that also ends its workers on the emulator. */
export async function deleteFunction(target: Target, functionName: string): Promise<void> {
  const response = await callLambda(target, { method: "DELETE", path: `/${functionName}` });
  await response.body?.cancel();
}

function callLambda(target: Target, { method, path }: { method: string; path: string }): Promise<Response> {
  return fetch(`${target.endpoint}/2015-03-31/functions${path}`, {
    method,
    headers: { authorization: scope(target, "lambda") },
    signal: AbortSignal.timeout(30_000),
  });
}

/** The emulator reads service and region from the credential scope and checks nothing else. */
function scope({ region }: Target, service: string): string {
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`;
}
