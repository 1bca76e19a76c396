/** What runs on the nodes of a list: one question for all of them, and one row that is watched closely. */
import { createQuery, useQueryClient } from "@tanstack/solid-query";
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { Job, Node } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { type Listed, withItem } from "../api/long-list.ts";
import { LIST_MS } from "../api/polling.ts";
import { jobQuery, jobsQuery } from "../api/queries.ts";
import { announcementOf, isOver, openJobsByNode } from "../words/jobs.ts";

export interface NodeWork {
  /** The job that runs on a node now. */
  jobOf(nodeId: string): Job | undefined;
  /** The reader points at a row, or is in it with the keyboard. */
  point(nodeId: string): void;
  /** Says for as long as it lives whether a row is on the screen. */
  place(row: Element, nodeId: string): void;
}

/** `isBusy`: jobs run somewhere; otherwise nothing is asked. */
export const createNodeWork = (isBusy: Accessor<boolean>): NodeWork => {
  const jobs = createQuery(() => ({ ...jobsQuery(), enabled: isBusy() }));
  // The list tells of a job that has ended up to fifteen seconds longer than the watch.
  const [over, setOver] = createSignal<ReadonlySet<string>>(new Set());
  const known = createMemo(() => (isBusy() ? openJobsByNode(jobs.data?.items ?? [], over()) : new Map<string, Job>()));
  const { visible, place } = createVisible();
  const [pointed, point] = createSignal<string | null>(null);
  const watched = createMemo(() => {
    const at = pointed();
    const seen = [...known()].filter(([nodeId]) => visible().has(nodeId));
    const [first] = at !== null && known().has(at) ? [[at, known().get(at)] as const] : seen;
    return first?.[1]?.id ?? null;
  });
  const newest = createWatch(watched);
  createEffect(() => {
    const closer = newest();
    if (closer !== undefined && isOver(closer.status)) setOver((before) => new Set([...before, closer.id]));
  });
  const jobOf = (nodeId: string): Job | undefined => {
    const job = known().get(nodeId);
    const closer = newest();
    if (job === undefined || closer?.id !== job.id) return job;
    return isOver(closer.status) ? undefined : closer;
  };
  return { jobOf, point, place };
};

/** The one job that is asked for every 1.5 s. With each step of it the node's own row is asked for, too. */
const createWatch = (id: Accessor<string | null>): Accessor<Job | undefined> => {
  const client = useQueryClient();
  const job = createQuery(() => ({ ...jobQuery(id() ?? ""), enabled: id() !== null }));
  const shown = () => (id() !== null && job.data?.id === id() ? job.data : undefined);
  const step = createMemo(() => {
    const found = shown();
    return found && `${found.id} ${announcementOf(found)}`;
  });
  const readNode = async () => {
    const found = shown();
    if (!found?.node_id) return;
    const node = await call("getNode", { params: { id: found.node_id } }).catch(() => undefined);
    if (node === undefined) return;
    const list = client.getQueryData<Listed<Node>>(["listNodes"]);
    // Putting one row in counts as an answer: without this, steps that follow close would put off the list for ever.
    if (list === undefined || Date.now() - list.readMs >= LIST_MS)
      void client.refetchQueries({ queryKey: ["listNodes"] });
    else client.setQueryData(["listNodes"], withItem(list, node));
    if (isOver(found.status)) void client.invalidateQueries({ queryKey: ["getMetrics"] });
  };
  createEffect(on(step, () => void readNode(), { defer: true }));
  return shown;
};

const createVisible = () => {
  const [visible, setVisible] = createSignal<ReadonlySet<string>>(new Set());
  const names = new WeakMap<Element, string>();
  const observer = new IntersectionObserver((changes) => {
    const next = new Set(visible());
    for (const { target, isIntersecting } of changes) {
      const name = names.get(target);
      if (name !== undefined) isIntersecting ? next.add(name) : next.delete(name);
    }
    setVisible(next);
  });
  onCleanup(() => observer.disconnect());
  const place = (row: Element, name: string) => {
    names.set(row, name);
    observer.observe(row);
    onCleanup(() => {
      observer.unobserve(row);
      // Later: a job's end takes its row's part away, and who watches that job has yet to hear of it.
      queueMicrotask(() => setVisible((before) => new Set([...before].filter((one) => one !== name))));
    });
  };
  return { visible, place };
};
