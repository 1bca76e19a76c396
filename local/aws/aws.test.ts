import { describe, expect, it } from "vitest";
import { parsePhysicalIds } from "./aws.ts";

describe("parsePhysicalIds", () => {
  it("pairs logical with physical ids and leaves out what has no physical one", () => {
    const xml = `<StackResources>
      <member><LogicalResourceId>Jobs</LogicalResourceId><PhysicalResourceId>http://h/q?a=1&amp;b=2</PhysicalResourceId></member>
      <member><PhysicalResourceId>table-1</PhysicalResourceId><LogicalResourceId>Table</LogicalResourceId></member>
      <member><LogicalResourceId>Failed</LogicalResourceId></member>
    </StackResources>`;
    expect(parsePhysicalIds(xml)).toEqual(
      new Map([
        ["Jobs", "http://h/q?a=1&b=2"],
        ["Table", "table-1"],
      ]),
    );
  });
});
