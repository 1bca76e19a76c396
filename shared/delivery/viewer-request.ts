/** The CloudFront Function of the default behaviour: every deep link of the dashboard is its one page. */
import { fileAt } from "./address.ts";

interface ViewerRequest {
  readonly request: { uri: string };
}

/** CloudFront looks the changed address up in its cache and in the bucket; the browser's address stays. */
export function handler(event: ViewerRequest): { uri: string } {
  event.request.uri = fileAt(event.request.uri);
  return event.request;
}
