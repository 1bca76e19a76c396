/** Begins here: styles, presence, clock, and the page. */
// First of all: it must be said before the first schema is made.
import "./api/no-eval.ts";
import { render } from "solid-js/web";
import { watchPresence } from "./api/presence.ts";
import { App } from "./app.tsx";
import { startClock } from "./parts/clock.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/forms.css";
import "./styles/lists.css";
import "./styles/work.css";
import "./styles/shell.css";

const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no place for the dashboard");
watchPresence(document, window);
startClock();
render(() => <App />, place);
