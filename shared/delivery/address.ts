/**
 * Which file is at an address. It is also what runs inside CloudFront, so it keeps to what JavaScript could do in 2009:
 * infra/constructs/viewer-request.ts refuses to build what CloudFront could not run.
 */

/** The address of each page that is a file. The dashboard is at every address that names no file. */
export const PAGES = { dashboard: "/index.html", reference: "/docs/api/index.html" };

/** What stands here has a hash of its content in its name and never means anything else. */
export const ASSETS = "/assets/";

/**
 * `uri`: the path of a request as the browser sent it, without its query. A name with a dot, and all of `/assets/`, is a
 * file or nothing; a missing one must not be answered with a page that a browser would take for a script.
 */
export const fileAt = (uri: string): string => {
  if (uri.indexOf(ASSETS) === 0) return uri;
  if (uri.slice(uri.lastIndexOf("/")).indexOf(".") !== -1) return uri;
  return uri === "/docs/api" || uri === "/docs/api/" ? PAGES.reference : PAGES.dashboard;
};
