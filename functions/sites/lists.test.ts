/** What the API shows of sites, environments and backups: real edge, handlers and store over a table in memory. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as shape from "../../contracts/site-models.ts";
import { readBody } from "../http/testing.ts";
import { accepted, dayMs, mutations, order, refused, strangeId, withBackup, withSite } from "./fixture.ts";

describe("listSites, getSite, listEnvironments, getEnvironment and listBackups", () => {
  it("list sites, newest first, page by page", async () => {
    const { fixture } = await withSite();
    for (const slug of ["two", "three"]) {
      fixture.advance(1);
      await fixture.finish(accepted(await fixture.post("/api/sites", { ...order, slug })));
    }
    const list = async (query: string) => {
      const response = await fixture.get("/api/sites", query);
      return {
        slugs: z
          .array(shape.site)
          .parse(readBody(response))
          .map(({ slug }) => slug),
        link: response.headers.link,
      };
    };
    const first = await list("limit=2");
    expect(first.slugs).toEqual(["three", "two"]);
    const next = /<\/api\/sites\?(.*)>; rel="next"/.exec(first.link ?? "")?.[1];
    expect((await list(next ?? "")).slugs).toEqual(["acme"]);
  });

  it("list environments and backups page by page, and their cursors are no other's", async () => {
    const { fixture, site, environment } = await withSite();
    const second = await fixture.job(accepted(await mutations.createEnvironment(fixture, environment)));
    const path = `/api/sites/${site.id}/environments`;
    const first = await fixture.get(path, "limit=1");
    expect(z.array(shape.environment).parse(readBody(first))).toMatchObject([{ id: second.environmentId }]);
    const next = /\?(.*)>/.exec(String(first.headers.link))?.[1] ?? "";
    expect(z.array(shape.environment).parse(readBody(await fixture.get(path, next)))).toMatchObject([
      { id: environment.id },
    ]);
    expect(refused(await fixture.get(`/api/environments/${environment.id}/backups`, next))).toMatchObject({
      details: { field: "cursor" },
    });
  });

  it("show one by its id, and a site that has lost its primary environment without it", async () => {
    const { fixture, site, environment } = await withSite();
    expect(shape.site.parse(readBody(await fixture.get(`/api/sites/${site.id}`)))).toMatchObject({
      primary_environment_id: environment.id,
    });
    expect(shape.environment.parse(readBody(await fixture.get(`/api/environments/${environment.id}`))).site_id).toBe(
      site.id,
    );
    await fixture.putSite({ ...site, environmentIds: [] });
    expect(shape.site.parse(readBody(await fixture.get(`/api/sites/${site.id}`)))).toMatchObject({
      primary_environment_id: null,
    });
  });

  it.each(["/api/sites/ID", "/api/sites/ID/environments", "/api/environments/ID", "/api/environments/ID/backups"])(
    "%s of nothing is a 404",
    async (path) => {
      const { fixture } = await withSite();
      expect(refused(await fixture.get(path.replace("ID", strangeId)))).toMatchObject({
        status: 404,
        code: "not_found",
      });
    },
  );

  it("list the backups of an environment that is removed, which itself is a 404; what is over is expired", async () => {
    const { fixture, environment } = await withBackup();
    await fixture.putEnvironment({ ...environment, removedAtMs: fixture.startMs });
    const path = `/api/environments/${environment.id}`;
    const statuses = async () =>
      z
        .array(shape.backup)
        .parse(readBody(await fixture.get(`${path}/backups`)))
        .map(({ status }) => status);
    expect(await statuses()).toEqual(["completed"]);
    fixture.advance(30 * dayMs);
    expect(await statuses()).toEqual(["expired"]);
    expect(refused(await fixture.get(path)).status).toBe(404);
    for (const ask of [
      mutations.createBackup,
      mutations.restoreEnvironment,
      mutations.startRestoreDrill,
      mutations.deleteEnvironment,
    ])
      expect(refused(await ask(fixture, environment)).status).toBe(404);
  });
});
