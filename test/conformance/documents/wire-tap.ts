/** One request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** Below the endpoint. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly requestType: string | null;
  /** Parsed; undefined without one. */
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseType: string | null;
  readonly responseHeaders: Headers;
  /** Parsed; the text when it is no JSON, undefined without one. */
  readonly responseBody: unknown;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A `fetch` that notes everything that goes through it. */
export function tapWire(send: typeof fetch, note: (exchange: Exchange) => void): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const requestBody = parse(await request.clone().text());
    const response = await send(request);
    note({
      method: request.method,
      path: url.pathname.replace(/^\/v1/, ""),
      query: url.searchParams,
      requestType: request.headers.get("content-type"),
      requestBody,
      status: response.status,
      responseType: response.headers.get("content-type"),
      responseHeaders: response.headers,
      responseBody: parse(await response.clone().text()),
    });
    return response;
  };
}
