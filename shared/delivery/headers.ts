/** What a browser is told with every answer, of the dashboard and of the API alike. */

/** All of it comes from here, and nothing of it is inline. A page that needs more is changed, not this. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Nothing here asks for any of these; whatever gets in shall not be able to. */
const unused = [
  "accelerometer",
  "autoplay",
  "camera",
  "clipboard-read",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "usb",
  "xr-spatial-tracking",
];
const permissionsPolicy = [...unused.map((name) => `${name}=()`), "clipboard-write=(self)"].join(", ");

/** Two years. */
export const HSTS_SECONDS = 63_072_000;

/** Names in lower case. CloudFront and the local gateway put them over whatever the origin says. */
export const securityHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not `no-referrer`: with that browsers send `Origin: null` with our own writes.
  "referrer-policy": "same-origin",
  "permissions-policy": permissionsPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/**
 * Over TLS alone (RFC 6797, 7.2), so the local gateway leaves it out. Without `includeSubDomains`: previews of sites may be
 * below the dashboard's own name, and they are plain http.
 */
export const tlsHeaders = { "strict-transport-security": `max-age=${HSTS_SECONDS}` } as const;
