/** The functions behind the HTTP API, each with its variables and the whole of what its role may do. */
import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { createSecret, deleteSecret, describeSecret, readSecret } from "../secret-access.ts";
import { allActions, callerAccess, nodeLookAccess, reads } from "../table-access.ts";
import { type Backend, BackendFunction } from "./backend-function.ts";
import {
  defaultsEnvironment,
  hetznerEnvironment,
  previewEnvironment,
  queueEnvironment,
  secretsEnvironment,
  sessionEnvironment,
  sshEnvironment,
} from "./environment.ts";

/** HTTP APIs give up at 30 s (Amazon API Gateway, "Quotas for HTTP APIs"): we end first and say why. */
const api = { timeoutSeconds: 29, memoryMb: 256 } as const;

export class AuthFunction extends BackendFunction<"auth"> {
  constructor(scope: Construct, backend: Backend) {
    super(scope, "auth", {
      ...api,
      backend,
      description: "Log-in, sessions, API tokens; answers unknown routes",
      // scrypt is work for the processor, and Lambda gives processor by memory.
      memoryMb: 1024,
      environment: sessionEnvironment(backend),
      table: [
        { actions: allActions, families: ["OPERATOR", "SESSION", "TOKEN", "LOGIN"] },
        { actions: ["PutItem"], families: ["AUDIT"] },
      ],
    });
  }
}

export class ProvidersFunction extends BackendFunction<"providers"> {
  constructor(scope: Construct, backend: Backend) {
    const { secretsKey } = backend.data;
    const stack = Stack.of(scope);
    super(scope, "providers", {
      ...api,
      backend,
      description: "Connects a provider and checks it, live; the only one that stores a token",
      environment: {
        ...sessionEnvironment(backend),
        ...hetznerEnvironment(backend),
        ...secretsEnvironment(backend),
        ...defaultsEnvironment(backend),
      },
      table: [
        callerAccess,
        { actions: reads, families: ["NODE", "JOB", "TOMBSTONE"] },
        { actions: allActions, families: ["PROVIDER", "SECRET", "INSTALLATION"] },
        { actions: ["PutItem"], families: ["AUDIT"] },
      ],
      statements: [
        ...readSecret(secretsKey, stack, "token"),
        ...createSecret(secretsKey, stack, "token"),
        ...deleteSecret(stack, "token"),
        // The private half is written once and never read here.
        ...createSecret(secretsKey, stack, "ssh-key"),
        ...describeSecret(stack, "ssh-key"),
      ],
    });
  }
}

export class NodesFunction extends BackendFunction<"nodes"> {
  constructor(scope: Construct, backend: Backend) {
    super(scope, "nodes", {
      ...api,
      backend,
      description: "Takes requests for nodes; never speaks to a provider",
      environment: {
        ...sessionEnvironment(backend),
        ...queueEnvironment(backend),
        ...defaultsEnvironment(backend),
        ...sshEnvironment(backend),
      },
      table: [
        callerAccess,
        { actions: reads, families: ["PROVIDER", "INSTALLATION"] },
        {
          actions: [...reads, "PutItem", "UpdateItem", "ConditionCheckItem"],
          families: ["NODE", "JOB", "NAME", "IDEMPOTENCY"],
        },
        { actions: ["PutItem"], families: ["AUDIT"] },
      ],
      statements: [backend.jobs.sendStatement()],
    });
  }
}

export class NodeCheckFunction extends BackendFunction<"node-check"> {
  constructor(scope: Construct, backend: Backend) {
    super(scope, "node-check", {
      ...api,
      backend,
      description: "What is asked of a node over SSH, now; the only API function that reads the SSH key",
      environment: sessionEnvironment(backend),
      table: [
        callerAccess,
        ...nodeLookAccess,
        { actions: reads, families: ["SITE", "ENVIRONMENT"] },
        // A failed site or environment that answers is taken into service again, unless another of the site changed meanwhile.
        { actions: ["UpdateItem", "ConditionCheckItem"], families: ["SITE", "ENVIRONMENT"] },
        { actions: ["PutItem"], families: ["AUDIT"] },
      ],
      statements: readSecret(backend.data.secretsKey, Stack.of(scope), "ssh-key"),
    });
  }
}

export class SitesFunction extends BackendFunction<"sites"> {
  constructor(scope: Construct, backend: Backend) {
    super(scope, "sites", {
      ...api,
      backend,
      description: "Takes requests for sites, environments and backups; never speaks to a node or to the bucket",
      environment: {
        ...sessionEnvironment(backend),
        ...queueEnvironment(backend),
        ...previewEnvironment(backend),
      },
      table: [
        callerAccess,
        {
          actions: reads,
          families: ["NODE", "INSTALLATION", "IDEMPOTENCY", "SITE", "SLUG", "ENVIRONMENT", "BACKUP"],
        },
        { actions: ["PutItem"], families: ["SITE", "SLUG", "ENVIRONMENT", "BACKUP", "JOB", "IDEMPOTENCY", "AUDIT"] },
        // Nothing but which job works on it, and how it stands meanwhile.
        { actions: ["UpdateItem", "ConditionCheckItem"], families: ["NODE", "SITE", "ENVIRONMENT"] },
      ],
      statements: [backend.jobs.sendStatement()],
    });
  }
}

export class JobsFunction extends BackendFunction<"jobs"> {
  constructor(scope: Construct, backend: Backend) {
    super(scope, "jobs", {
      ...api,
      backend,
      description: "Shows jobs and figures; asks for a job to be cancelled",
      environment: { ...sessionEnvironment(backend), ...queueEnvironment(backend) },
      table: [
        callerAccess,
        { actions: reads, families: ["JOB", "NODE", "PROVIDER", "TOMBSTONE", "SITE", "ENVIRONMENT", "BACKUP"] },
        // A job that nobody has begun is cancelled at once: with it what it was to make ends, and the name is free again.
        { actions: ["UpdateItem"], families: ["JOB", "NODE", "SITE", "ENVIRONMENT", "BACKUP"] },
        { actions: ["DeleteItem"], families: ["NAME", "SITE", "SLUG"] },
        { actions: ["PutItem"], families: ["AUDIT"] },
      ],
      statements: [backend.jobs.sendStatement()],
    });
  }
}
