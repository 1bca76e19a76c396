/** What stands at `/` until there is a dashboard. */
export const homePage = `<!doctype html>
<html lang="en">
<title>Pressluft</title>
<h1>Pressluft is running</h1>
<p>The dashboard is not built yet. The API answers below <code>/api/</code>; the terminal that runs
<code>npm start</code> shows the login and the first commands.</p>
<pre>
POST /api/login      {"email", "password"}
POST /api/providers  {"provider_id": "hetzner", "api_token"}
POST /api/nodes      {"provider_id", "name", "server_type", "location", "image"}
GET  /api/jobs/ID
</pre>
</html>
`;
