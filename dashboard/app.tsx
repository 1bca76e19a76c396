/** Who may see what: the routes behind a session, and the log-in in front of them. */
import { Navigate, Route, Router } from "@solidjs/router";
import { createQuery, QueryClientProvider } from "@tanstack/solid-query";
import { createComputed, createSignal, type JSX, Match, Switch } from "solid-js";
import { makeQueryClient, sessionQuery } from "./api/queries.ts";
import { belongTo } from "./api/started.ts";
import { Job } from "./pages/job.tsx";
import { Jobs } from "./pages/jobs.tsx";
import { Login } from "./pages/login.tsx";
import { NewNode } from "./pages/new-node.tsx";
import { NewSite } from "./pages/new-site.tsx";
import { Node } from "./pages/node.tsx";
import { Nodes } from "./pages/nodes.tsx";
import { Nowhere } from "./pages/nowhere.tsx";
import { Overview } from "./pages/overview.tsx";
import { Providers } from "./pages/providers.tsx";
import { Site } from "./pages/site.tsx";
import { Sites } from "./pages/sites.tsx";
import { Tokens } from "./pages/tokens.tsx";
import { createFailure, Failure, Loading } from "./parts/answers.tsx";
import { Shell } from "./shell.tsx";

/** Why there is no session any more: it was left, or it came to its end. */
type Left = "on purpose" | "expired";

/** The log-in stands in front of every address; whoever went to its own is led on. */
const Home = (): JSX.Element => <Navigate href="/" />;

export const App = (): JSX.Element => {
  const [left, setLeft] = createSignal<Left | null>(null);
  const client = makeQueryClient(() => setLeft((before) => before ?? "expired"));
  return (
    <QueryClientProvider client={client}>
      <Gate left={left()} onLoggedIn={() => setLeft(null)}>
        {(email) => (
          <Router
            root={(props) => (
              <Shell email={email} onLoggedOut={() => setLeft("on purpose")}>
                {props.children}
              </Shell>
            )}
          >
            <Route path="/" component={Overview} />
            <Route path="/providers" component={Providers} />
            <Route path="/nodes" component={Nodes} />
            <Route path="/nodes/new" component={NewNode} />
            <Route path="/nodes/:id" component={Node} />
            <Route path="/sites" component={Sites} />
            <Route path="/sites/new" component={NewSite} />
            <Route path="/sites/:id" component={Site} />
            <Route path="/jobs" component={Jobs} />
            <Route path="/jobs/:id" component={Job} />
            <Route path="/settings/tokens" component={Tokens} />
            <Route path="/login" component={Home} />
            <Route path="*" component={Nowhere} />
          </Router>
        )}
      </Gate>
    </QueryClientProvider>
  );
};

/** What was on the screen goes when the session ends: whoever comes next may be somebody else. */
const Gate = (props: {
  readonly left: Left | null;
  onLoggedIn(): void;
  readonly children: (email: string) => JSX.Element;
}): JSX.Element => {
  const session = createQuery(() => sessionQuery());
  const failure = createFailure(session);
  const [wasIn, setWasIn] = createSignal(false);
  createComputed(() => session.data && belongTo(session.data.email));
  return (
    <Switch fallback={<Loading what="Pressluft" />}>
      <Match when={props.left !== null}>
        <Login hasExpired={props.left === "expired" && wasIn()} onLoggedIn={() => props.onLoggedIn()} />
      </Match>
      <Match when={session.data?.email}>
        {(email) => {
          setWasIn(true);
          return props.children(email());
        }}
      </Match>
      <Match when={failure()}>
        <main class="gate">
          <Failure
            failure={failure()}
            title="Pressluft cannot be reached."
            isRetrying={session.isFetching}
            onRetry={() => void session.refetch()}
          />
        </main>
      </Match>
    </Switch>
  );
};
